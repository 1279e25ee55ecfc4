import Datasets
import Foundation
import Testing

/// Few-shot splits against References/tasks/make_cloze_goldens.py: NumPy's shuffle of the lines themselves.
@Suite struct FewShotTests {
  private struct Golden: Decodable {
    let seed: UInt32
    let labels: [Int]
    let k: Int
    let train: [Int]
    let dev: [Int]
  }

  private struct TestLines: Decodable {
    let count: Int
    let most: Int
    let head: [Int]
    let sum: Int
  }

  @Test func theExamplesAreLMBFFs() throws {
    let goldens = try Fixture.golden("few-shot", as: [Golden].self)
    for golden in goldens {
      let split = try Split(
        shots: golden.k, labels: golden.labels, validationSize: 3, evaluation: 3, seed: golden.seed)
      #expect(split.train == golden.train && split.dev == golden.dev, "\(golden.seed), \(golden.k)")
      let isShort = Set(golden.labels).contains { label in golden.labels.count { $0 == label } < 2 * golden.k }
      #expect(split.warnings.count == (isShort ? 1 : 0))
    }
    #expect(Set(goldens.map(\.seed)) == Set(Split.fewShotSeeds))
  }

  @Test func theTestLinesAreLMBFFs() throws {
    for golden in try Fixture.golden("test-lines", as: [TestLines].self) {
      let split = try Split(
        shots: 1, labels: [0, 0], validationSize: golden.count, evaluation: golden.most, seed: 13)
      #expect(Array(split.evaluation.prefix(12)) == golden.head)
      #expect(split.evaluation.enumerated().reduce(0) { $0 + $1.offset * $1.element } == golden.sum)
    }
    #expect(failure { _ = try Split(shots: 1, labels: [], validationSize: 1, evaluation: 1, seed: 13) } != nil)
    #expect(failure { _ = try Split(shots: 1, labels: [0], validationSize: 0, evaluation: 1, seed: 13) } != nil)
  }

  @Test func taskDataTakesShotsOfEachLabel() throws {
    let data = try TaskData(
      SST2(), in: DataSource(Fixture.archive), counts: SplitCounts(evaluation: 1000), shots: 16, seed: 13)
    for part in [data.train, data.dev] {
      #expect(part.count == 32 && part.count { $0.golds == [0] } == 16)
    }
    #expect(data.evaluation.count == 872 && Set(data.train).isDisjoint(with: data.dev))
  }
}
