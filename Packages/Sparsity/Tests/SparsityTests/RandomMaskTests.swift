import Foundation
import Sparsity
import TensorCore
import Testing
import TuningCore

@Suite struct RandomMaskTests {
  private let seeds = SeedSequence(runSeed: 7)

  private func support(
    _ mask: RandomMask, _ set: ParameterSet, step: Int = 0, threads: Int = 2
  ) -> Support {
    mask.masks(for: set, seeds: seeds, threads: Threads(threads))
      .support(of: Set(set.trainable.map(\.path)), step: step)
  }

  private func large() throws -> ParameterSet {
    var set = ParameterSet(), dice = Dice(4)
    set.append(try dice.parameter("w", [120, 100]))
    return set
  }

  /// The share left out is s, not the Φ(s) that the benchmark's code leaves out.
  @Test(arguments: [0, 0.1, 0.3, 0.5, 0.75, 0.9, 0.99], RandomMask.Rates.allCases)
  func theShareIsTheSparsity(_ s: Double, _ rates: RandomMask.Rates) throws {
    let set = try large(), n = Double(set.count)
    for step in 0..<3 {
      let support = support(RandomMask(sparsity: s, rates: rates), set, step: step)
      let left = Double(inside(support, set.require("w")).filter { !$0 }.count)
      let deviation = (n * s * (1 - s)).squareRoot()
      #expect(abs(left - s * n) <= 4 * deviation, "\(left / n) left out")
      let wrong = 0.5 * erfc(-s / 2.0.squareRoot())
      if abs(wrong - s) > 0.1 { #expect(abs(left - wrong * n) > 10 * deviation) }
    }
  }

  /// s_l is the share of the tensor's elements that are among the s N smallest of all: counted by sorting.
  @Test(arguments: [0.05, 0.5, 0.8], DType.allCases)
  func ratesAreThoseOfTheMagnitudes(_ s: Double, _ dtype: DType) throws {
    let set = try parameters(dtype)
    let all = set.trainable.flatMap { $0.tensor.values.map(abs) }.sorted()
    let wanted = s * Double(all.count), t = all[max(0, Int(wanted.rounded(.up)) - 1)]
    let below = Double(all.filter { $0 < t }.count), ties = Double(all.filter { $0 == t }.count)
    for threads in [1, 3] {
      let support = support(RandomMask(sparsity: s), set, threads: threads)
      var total = 0.0
      for parameter in set.trainable {
        let magnitudes = parameter.tensor.values.map(abs), n = Double(magnitudes.count)
        let left =
          Double(magnitudes.filter { $0 < t }.count)
          + (wanted - below) / ties * Double(magnitudes.filter { $0 == t }.count)
        total += left
        guard case .addressed(_, let threshold)? = support.mask(of: parameter.path) else {
          #expect(left == 0 || left == n, "\(parameter.path)")
          continue
        }
        #expect(abs(Double(threshold) - (1 - left / n) * 0x1p32) <= 1, "\(parameter.path)")
        let count = Double(inside(support, parameter).filter { !$0 }.count)
        #expect(abs(count - left) <= 4 * (left * (1 - left / n)).squareRoot() + 1, "\(parameter.path): \(count)")
      }
      #expect(abs(total - wanted) < 1e-6)
    }
  }

  /// Half of LoRA's numbers are zero at the start: the rate is kept, and B goes on taking part.
  @Test func zerosAreThinnedNotDropped() throws {
    var set = ParameterSet(), dice = Dice(8)
    set.append(try dice.parameter("A", [16, 100]))
    let b = try Tensor([Float](repeating: 0, count: 800) + [Float](repeating: -0.0, count: 800), shape: [100, 16])
    set.append(Parameter(path: "B", tensor: b, role: .adapter, isTrainable: true))
    for (s, ofA, ofB) in [(0.3, 0, 0.6), (0.5, 0, 1), (0.75, 0.5, 1)] {
      let support = support(RandomMask(sparsity: s), set)
      for (path, rate) in [(ParameterPath("A"), ofA), ("B", ofB)] {
        let left = Double(inside(support, set.require(path)).filter { !$0 }.count)
        #expect(abs(left - 1600 * rate) <= 4 * (1600 * rate * (1 - rate)).squareRoot(), "\(path) at \(s): \(left)")
      }
    }
  }

  @Test(arguments: [0, 1, 4]) func theMaskIsDrawnAnewEachPeriod(_ period: Int) throws {
    let set = try large(), masks = RandomMask(period: period).masks(for: set, seeds: seeds, threads: Threads(1))
    let again = RandomMask(period: period).masks(for: set, seeds: seeds, threads: Threads(1))
    let drawn = (0..<13).map { inside(masks.support(of: ["w"], step: $0), set.require("w")) }
    for step in 0..<13 {
      for other in 0..<13 {
        let isSame = period == 0 || step / period == other / period
        #expect((drawn[step] == drawn[other]) == isSame, "steps \(step) and \(other)")
      }
      // A function of the step alone: whatever was asked before, as after a resume.
      #expect(inside(again.support(of: ["w"], step: 12 - step), set.require("w")) == drawn[12 - step])
    }
    let other = RandomMask(period: period).masks(for: set, seeds: SeedSequence(runSeed: 8), threads: Threads(1))
    #expect(inside(other.support(of: ["w"], step: 0), set.require("w")) != drawn[0])
    #expect(masks.byteCount == 0)
  }

  /// What is asked for again is the same object as long as somebody has it; a part's mask is the whole's.
  @Test func supportsAreTheSameObjects() throws {
    let set = try parameters(), masks = RandomMask(period: 2).masks(for: set, seeds: seeds, threads: Threads(1))
    let all = Set(set.trainable.map(\.path)), whole = masks.support(of: all, step: 4)
    let part = masks.support(of: ["wide"], step: 5), next = masks.support(of: all, step: 6)
    #expect(masks.support(of: all, step: 5) == whole && masks.support(of: ["wide"], step: 4) == part)
    #expect(next != whole && part != whole && masks.support(of: all, step: 7) == next)
    #expect(inside(part, set.require("wide")) == inside(whole, set.require("wide")) && !part.includes("narrow"))
    #expect(!whole.includes("frozen"))
  }
}
