import Foundation
import TensorCore
import Testing

@Suite struct NoiseLawTests {
  static let sampleCount = 1 << 20

  /// The mean of `sample(0)`, ..., `sample(count − 1)` is within five of its standard errors of `expected`.
  private func expectMean(
    of count: Int, _ expected: Double, _ what: String, at location: SourceLocation = #_sourceLocation,
    _ sample: (Int) -> Double
  ) {
    var sum = 0.0, squares = 0.0
    for i in 0..<count {
      let difference = sample(i) - expected
      sum += difference
      squares += difference * difference
    }
    let n = Double(count), mean = sum / n
    let bound = 5 * ((squares / n - mean * mean) / n).squareRoot() + 1e-9
    #expect(abs(mean) <= bound, "\(what): mean \(mean + expected), not \(expected)", sourceLocation: location)
  }

  /// Moments as docs/noise.md tabulates them, odd ones 0.
  @Test(arguments: [
    (NoiseLaw.gaussian, [1.0, 2.9999981, 14.9999006]), (.gaussianFast, [1.0, 3.0, 15.0]), (.rademacher, [1, 1, 1]),
  ])
  func moments(_ law: NoiseLaw, even: [Double]) {
    let z = noise(law, seed: 20_240_612, path: "moments", count: NoiseLawTests.sampleCount).map(Double.init)
    let n = z.count
    expectMean(of: n, 0, "z") { z[$0] }
    expectMean(of: n, 0, "z³") { z[$0] * z[$0] * z[$0] }
    expectMean(of: n, 0, "z⁵") { z[$0] * z[$0] * z[$0] * z[$0] * z[$0] }
    expectMean(of: n, even[0], "z²") { z[$0] * z[$0] }
    expectMean(of: n, even[1], "z⁴") { z[$0] * z[$0] * z[$0] * z[$0] }
    expectMean(of: n, even[2], "z⁶") { i in
      let cube = z[i] * z[i] * z[i]
      return cube * cube
    }
    let bound: Float = law == .gaussian ? 5.7682 : law == .gaussianFast ? 4.5291 : 1
    #expect(z.allSatisfy { abs(Float($0)) <= bound })
  }

  /// Kolmogorov's distance between the sample's distribution and the normal one, over 2,001 places.
  @Test func gaussianIsNormallyDistributed() {
    let z = noise(.gaussian, seed: 3, path: "distribution", count: NoiseLawTests.sampleCount)
    var histogram = [Int](repeating: 0, count: 2001)
    for element in z { histogram[min(2000, max(0, Int((element + 5) * 200)))] += 1 }
    var below = 0, greatest = 0.0
    for (bin, count) in histogram.enumerated().dropLast() {
      below += count
      let edge = Double(bin + 1) / 200 - 5
      greatest = max(greatest, abs(Double(below) / Double(z.count) - 0.5 * erfc(-edge / 2.0.squareRoot())))
    }
    // 1.95 / √n is passed by chance once in a thousand samples.
    #expect(greatest * Double(z.count).squareRoot() < 1.95)
  }

  /// Each of the four places of a block has the law, not their mixture alone.
  @Test(arguments: NoiseLaw.allCases)
  func everyPlaceOfABlockHasTheLaw(_ law: NoiseLaw) {
    let z = noise(law, seed: 8, path: "places", count: NoiseLawTests.sampleCount).map(Double.init)
    for place in 0..<4 {
      expectMean(of: z.count / 4, 0, "place \(place), z") { z[4 * $0 + place] }
      expectMean(of: z.count / 4, 1, "place \(place), z²") { z[4 * $0 + place] * z[4 * $0 + place] }
    }
  }

  @Test func rademacherIsBalancedInEveryBit() {
    let z = noise(.rademacher, seed: 11, path: "balance", count: NoiseLawTests.sampleCount)
    #expect(z.allSatisfy { $0 == 1 || $0 == -1 })
    for bit in 0..<128 {
      expectMean(of: z.count / 128, 0, "bit \(bit)") { Double(z[128 * $0 + bit]) }
    }
  }

  @Test(arguments: NoiseLaw.allCases)
  func neighboursAreUncorrelated(_ law: NoiseLaw) {
    let z = noise(law, seed: 12, path: "neighbours", count: NoiseLawTests.sampleCount).map(Double.init)
    for lag in [1, 2, 3, 4, 128] {
      expectMean(of: z.count - lag, 0, "lag \(lag)") { z[$0] * z[$0 + lag] }
      // Squares too: the two of a Box-Muller pair share a radius and are independent all the same.
      expectMean(of: z.count - lag, 0, "lag \(lag), z²") { (z[$0] * z[$0] - 1) * (z[$0 + lag] * z[$0 + lag] - 1) }
    }
  }

  @Test(arguments: NoiseLaw.allCases)
  func pathsAndSeedsAreUncorrelated(_ law: NoiseLaw) {
    let n = NoiseLawTests.sampleCount
    let z = noise(law, seed: 12, path: "model.layers.0.weight", count: n)
    let seeds = SeedSequence(runSeed: 12)
    let others = [
      ("path", noise(law, seed: 12, path: "model.layers.1.weight", count: n)),
      ("seed", noise(law, seed: 13, path: "model.layers.0.weight", count: n)),
      ("high word of the seed", noise(law, seed: 12 + (1 << 32), path: "model.layers.0.weight", count: n)),
      ("derived seed", noise(law, seed: seeds.seed(.direction), path: "model.layers.0.weight", count: n)),
      ("blocks 2³² further", noise(law, seed: 12, path: "model.layers.0.weight", start: 128 << 32, count: n)),
    ]
    for (what, other) in others {
      expectMean(of: n, 0, what) { Double(z[$0]) * Double(other[$0]) }
    }
  }

  /// Any slice is the slice of one long fill.
  @Test(arguments: NoiseLaw.allCases)
  func slicesAgree(_ law: NoiseLaw) {
    // Around the block where the high counter word begins, in both layouts.
    let wrap = law == .rademacher ? 128 << 32 : 4 << 32
    var dice = Dice(5)
    for origin in [0, wrap - 2001] {
      let whole = noise(law, seed: 9, path: "slices", start: origin, count: 6000).bits
      for _ in 0..<400 {
        let start = Int.random(in: 0...6000, using: &dice)
        let count = min(6000 - start, Int.random(in: 0...(Bool.random(using: &dice) ? 9 : 700), using: &dice))
        let slice = noise(law, seed: 9, path: "slices", start: origin + start, count: count).bits
        #expect(slice == Array(whole[start..<start + count]), "\(start) ..< \(start + count) after \(origin)")
      }
    }
  }

  /// What is added without being stored is what would have been stored.
  @Test(arguments: NoiseLaw.allCases)
  func addedIsFilledAndAdded(_ law: NoiseLaw) {
    var dice = Dice(6)
    for origin in [0, (4 << 32) - 2001, (128 << 32) - 2001] {
      for _ in 0..<100 {
        let start = origin + Int.random(in: 0...4000, using: &dice)
        let old = dice.floats(Int.random(in: 0...(Bool.random(using: &dice) ? 9 : 5000), using: &dice))
        let z = noise(law, seed: 9, path: "added", start: start, count: old.count)
        var added = old
        added.withUnsafeMutableBufferPointer {
          AddressedNoise.add(
            -0.37, to: $0, law: law, seed: 9, pathHash: AddressedNoise.hash(ofPath: "added"), start: start)
        }
        #expect(added.bits == zip(old, z).map { $0.addingProduct(-0.37, $1) }.bits, "\(old.count) from \(start)")
      }
    }
  }

  @Test func seedsOfARunAreDistinct() {
    var seen: Set<UInt64> = []
    let purposes: [SeedPurpose] = [.direction, .rounding, .dataOrder, .initialisation, .sampling, .masking]
    for run in [UInt64(0), 1, 1 << 32] {
      for purpose in purposes {
        for step in 0..<20 {
          for query in 0..<5 { seen.insert(SeedSequence(runSeed: run).seed(purpose, step: step, query: query)) }
        }
      }
    }
    #expect(seen.count == 3 * 6 * 20 * 5)
  }

  @Test func wordsComeInWholeBlocks() async {
    await #expect(processExitsWith: .failure) { _ = words(seed: 1, path: "w", count: 6) }
  }
}
