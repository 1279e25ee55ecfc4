import Sparsity
import TensorCore
import Testing
import TuningCore

@Suite struct MagnitudeMaskTests {
  private let seeds = SeedSequence(runSeed: 7)

  private func support(_ mask: MagnitudeMask, _ set: ParameterSet, threads: Int = 2) throws -> Support {
    try mask.masks(for: set, seeds: seeds, threads: Threads(threads))
      .support(of: Set(set.trainable.map(\.path)), step: 3)
  }

  /// By sorting; where numbers are rounded to 16 bits, those at the threshold make up the share.
  @Test(arguments: MagnitudeMask.Kept.allCases, MagnitudeMask.Threshold.allCases)
  func theSmallestOrTheLargest(_ keep: MagnitudeMask.Kept, _ threshold: MagnitudeMask.Threshold) throws {
    for dtype in DType.allCases { try expectShare(keep, threshold, dtype) }
  }

  private func expectShare(
    _ keep: MagnitudeMask.Kept, _ threshold: MagnitudeMask.Threshold, _ dtype: DType
  ) throws {
    let set = try parameters(dtype)
    for s in [0.0, 0.2, 0.75] {
      let support = try support(MagnitudeMask(keep: keep, sparsity: s, threshold: threshold), set)
      var kept = 0.0, freedom = 0.0
      for parameter in set.trainable {
        let pool = (threshold == .tensor ? [parameter] : set.trainable).flatMap { $0.tensor.values.map(abs) }.sorted()
        let share = keep == .small ? 1 - s : s, wanted = share * Double(pool.count)
        let t = pool[min(pool.count - 1, max(0, Int(wanted.rounded(.up)) - 1))]
        let inside = inside(support, parameter)
        for (value, isInside) in zip(parameter.tensor.values, inside) where abs(value) != t {
          #expect(isInside == ((abs(value) < t) == (keep == .small)), "\(value) of \(parameter.path), t \(t)")
        }
        kept += Double(inside.filter { $0 }.count)
        freedom += Double(parameter.tensor.values.filter { abs($0) == t }.count)
      }
      #expect(abs(kept - (1 - s) * Double(set.trainableCount)) <= 4 * (freedom / 4).squareRoot() + 3, "\(kept)")
    }
  }

  @Test func zerosMakeUpTheShare() throws {
    var set = ParameterSet()
    let values = [Float](repeating: 0, count: 6000) + [Float](repeating: -0.0, count: 3000) + (1...1000).map(Float.init)
    set.append(Parameter(path: "w", tensor: try Tensor(values, shape: [10_000]), role: .linear, isTrainable: true))
    for keep in MagnitudeMask.Kept.allCases {
      let inside = inside(try support(MagnitudeMask(keep: keep, sparsity: 0.55), set), set.require("w"))
      let zeros = inside[..<9000].filter { $0 }.count, rest = inside[9000...].filter { $0 }.count
      let wanted = keep == .small ? 4500.0 : 3500
      #expect(rest == (keep == .small ? 0 : 1000))
      #expect(abs(Double(zeros) - wanted) < 4 * (9000 * 0.25).squareRoot(), "\(zeros)")
    }
  }

  @Test func memoryIsABitAnElement() throws {
    let set = try parameters(), masks = try MagnitudeMask().masks(for: set, seeds: seeds, threads: Threads(1))
    #expect(masks.byteCount == (41 * 37 + 7) / 8 + 32 * 50 / 8 + (77 + 7) / 8)
    let all = Set(set.trainable.map(\.path)), first = masks.support(of: all, step: 0)
    #expect(masks.support(of: all, step: 99) == first && !masks.support(of: ["bias"], step: 0).includes("wide"))
    #expect(try MagnitudeMask(sparsity: 0).masks(for: set, seeds: seeds, threads: Threads(1)).byteCount == 0)
    let one = inside(try support(MagnitudeMask(), set, threads: 1), set.require("wide"))
    #expect(one == inside(try support(MagnitudeMask(), set, threads: 3), set.require("wide")))
  }
}
