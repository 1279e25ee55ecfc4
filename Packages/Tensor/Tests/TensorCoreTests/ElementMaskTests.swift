import Foundation
import TensorCore
import Testing

/// Which of elements `start ..< start + count` take part.
func mask(_ mask: ElementMask, path: String, start: Int = 0, count: Int) -> [Bool] {
  var values = [Float](repeating: 1, count: count)
  values.withUnsafeMutableBufferPointer {
    mask.clear($0, pathHash: AddressedNoise.hash(ofPath: path), start: start)
  }
  return values.map { $0 == 1 }
}

@Suite struct ElementMaskTests {
  /// Bits that References/noise/reference.py computed from docs/noise.md.
  private struct Goldens: Decodable {
    struct Mask: Decodable {
      let seed, path, bits: String
      let threshold, start, count: Int
      let kept: Int?

      /// Thresholds of none and of all are no addressed masks of ours.
      func computed() throws -> [Bool] {
        switch UInt32(exactly: threshold) {
        case .some(let threshold):
          let seed = try #require(UInt64(seed, radix: 16))
          return mask(.addressed(seed: seed, threshold: threshold), path: path, start: start, count: count)
        case .none: return mask(.all, path: path, start: start, count: count)
        }
      }
    }
    let masks: [Mask]
    let maskDigests: [Mask]

    static func load() throws -> Goldens {
      let file = try #require(Bundle.module.url(forResource: "noise", withExtension: "json", subdirectory: "Goldens"))
      return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
    }
  }

  @Test func bitsMeetTheReference() throws {
    let goldens = try Goldens.load()
    #expect(goldens.masks.count == 8 && goldens.maskDigests.count == 2)
    for golden in goldens.masks {
      let bits = try golden.computed().map { $0 ? "1" : "0" }.joined()
      #expect(bits == golden.bits, "'\(golden.path)' from \(golden.start), threshold \(golden.threshold)")
    }
    // So long that the second half of numbers decides sixteen times.
    for golden in goldens.maskDigests {
      let bits = try golden.computed()
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in stride(from: 0, to: bits.count, by: 8) {
        let value = (0..<8).reduce(UInt64(0)) { $0 | (bits[byte + $1] ? 1 << UInt64($1) : 0) }
        hash = (hash ^ value) &* 0x0000_0100_0000_01b3
      }
      #expect(bits.filter { $0 }.count == golden.kept && hash == UInt64(golden.bits, radix: 16))
    }
  }

  /// The share that takes part is the density: within four deviations, at densities down to 2⁻³².
  @Test(arguments: [0.5, 0.1, 0.9, 0.999, 1e-3, 1 - 0x1p-32, 0x1p-32])
  func densityIsExact(_ density: Double) throws {
    let count = 1 << 21,
      kept = try #require(ElementMask.random(seed: 3, density: density))
        .count(of: 5..<count + 5, pathHash: 9)
    let deviation = (Double(count) * density * (1 - density)).squareRoot()
    #expect(abs(Double(kept) - density * Double(count)) <= 4 * deviation + 1, "\(kept) of \(count)")
  }

  @Test func noneAndAll() {
    #expect(ElementMask.random(seed: 1, density: 0) == nil)
    #expect(ElementMask.random(seed: 1, density: 1e-11) == nil)
    guard case .all? = ElementMask.random(seed: 1, density: 1) else {
      Issue.record("a density of 1 is no mask")
      return
    }
    #expect(ElementMask.all.count(of: 3..<40, pathHash: 1) == 37)
  }

  /// Any piece of an addressed or a stored mask is the piece of the whole; what is outside is cleared or given back,
  /// what is inside stays, whatever its bits.
  @Test func piecesAgree() throws {
    var dice = Dice(17)
    let hash = AddressedNoise.hash(ofPath: "w"), count = 3001
    let tensor = try Tensor(dice.floats(count), shape: [count])
    let stored = try ElementBits(of: tensor, threads: Threads(2)) { value, element in value > 0.3 || element % 7 == 0 }
    #expect(stored.byteCount == 376 && stored.count == count)
    let masks: [ElementMask] = [.addressed(seed: 8, threshold: 1_431_655_765), .stored(stored)]
    let wholes = masks.map { mask($0, path: "w", count: count) }
    #expect(wholes[1] == tensor.values.enumerated().map { $1 > 0.3 || $0 % 7 == 0 })
    for _ in 0..<300 {
      let start = Int.random(in: 0..<count, using: &dice)
      let length = min(count - start, Int.random(in: 0...(Bool.random(using: &dice) ? 20 : 900), using: &dice))
      for (mask, whole) in zip(masks, wholes) {
        let part = Array(whole[start..<start + length])
        let new = dice.floats(length), old = dice.floats(length).map { $0 > 0.5 ? -0.0 : $0 }
        var cleared = new, restored = new
        cleared.withUnsafeMutableBufferPointer { mask.clear($0, pathHash: hash, start: start) }
        restored.withUnsafeMutableBufferPointer { values in
          old.withUnsafeBufferPointer { old in
            mask.withPiece(of: start..<start + length, pathHash: hash) { $0.restore(values, from: old) }
          }
        }
        #expect(cleared.bits == zip(part, new).map { $0 ? $1 : 0 }.bits, "\(start) ..< \(start + length)")
        #expect(restored.bits == part.indices.map { part[$0] ? new[$0] : old[$0] }.bits)
        #expect(mask.count(of: start..<start + length, pathHash: hash) == part.filter { $0 }.count)
      }
    }
  }

  /// Neither neighbours nor paths nor seeds know of each other, nor the mask of the direction with its seed.
  @Test func masksAreIndependent() {
    let count = 1 << 20, half: UInt32 = 1 << 31
    func signs(_ seed: UInt64, _ path: String) -> [Double] {
      mask(.addressed(seed: seed, threshold: half), path: path, count: count).map { $0 ? 1 : -1 }
    }
    let here = signs(5, "w"), bound = 5 * Double(count).squareRoot()
    for lag in [1, 2, 8, 128] {
      #expect(abs((lag..<count).reduce(0) { $0 + here[$1] * here[$1 - lag] }) < bound, "lag \(lag)")
    }
    let others = [
      signs(6, "w"), signs(5, "v"), noise(.gaussian, seed: 5, path: "w", count: count).map(Double.init),
      noise(.rademacher, seed: 5, path: "w", count: count).map(Double.init),
    ]
    for (number, other) in others.enumerated() {
      #expect(abs(zip(here, other).reduce(0) { $0 + $1.0 * $1.1 }) < bound, "\(number)")
    }
  }
}
