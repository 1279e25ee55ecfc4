import Datasets
import TensorCore
import Testing

@Suite struct BatchOrderTests {
  private let seeds = SeedSequence(runSeed: 42)

  @Test func anEpochSeesEveryExampleOnceAndEndsWithAShortBatch() {
    let order = BatchOrder(count: 50, batchSize: 16, seeds: seeds)
    #expect(order.batchesPerEpoch == 4)
    for epoch in 0..<3 {
      let batches = (0..<4).map { order.indices(step: 4 * epoch + $0) }
      #expect(batches.map(\.count) == [16, 16, 16, 2])
      #expect(batches.flatMap(\.self) == order.permutation(epoch: epoch))
      #expect(batches.flatMap(\.self).sorted() == Array(0..<50))
    }
    #expect(order.permutation(epoch: 0) != order.permutation(epoch: 1))
    #expect(
      order.permutation(epoch: 0)
        != BatchOrder(count: 50, batchSize: 16, seeds: .init(runSeed: 43)).permutation(epoch: 0))
  }

  private struct Golden: Decodable {
    let seed: UInt64
    let count: Int
    let epoch: Int
    let order: [Int]
  }

  /// References/sst2/make_goldens.py: the documented rule with a Philox of its own.
  @Test func followsThePublishedRule() throws {
    let goldens = try Fixture.golden("orders", as: [Golden].self)
    #expect(goldens.count == 6)
    for golden in goldens {
      let order = BatchOrder(count: golden.count, batchSize: 5, seeds: SeedSequence(runSeed: golden.seed))
      #expect(order.permutation(epoch: golden.epoch) == golden.order)
      #expect(order.indices(step: golden.epoch * order.batchesPerEpoch) == Array(golden.order.prefix(5)))
    }
  }

  /// 6,000 orders of 3: each of the six about 1,000 times, within five standard deviations (√(6000 · 1/6 · 5/6) = 28.9).
  @Test func ordersAreEquallyLikely() {
    let order = BatchOrder(count: 3, batchSize: 3, seeds: seeds)
    let counts = (0..<6000).reduce(into: [[Int]: Int]()) { $0[order.permutation(epoch: $1), default: 0] += 1 }
    #expect(counts.count == 6)
    for (order, count) in counts { #expect(abs(count - 1000) < 145, "\(order): \(count)") }
  }

  @Test func aBatchLargerThanTheDataIsTheWholeEpoch() {
    let order = BatchOrder(count: 1, batchSize: 16, seeds: seeds)
    #expect(order.indices(step: 9) == [0])
  }
}
