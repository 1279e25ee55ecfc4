import Datasets
import TensorCore
import Testing
import TuningCore

@Suite struct ReadmeTests {
  @Test func theExampleRuns() throws {
    let archive = Fixture.archive
    let tokenizer = try Fixture.tokenizer()
    // README-BEGIN
    let task = try SST2(templateVersion: 0)
    let data = try TaskData(task, in: DataSource(archive), counts: SplitCounts(train: 1000, dev: 500), seed: 0)
    data.warnings.forEach { print($0) }

    let encoder = PromptEncoder(tokenizer: tokenizer, maximumLength: 512)
    let requests = try data.train.map { try encoder.encode($0).request }

    let order = BatchOrder(count: requests.count, batchSize: 16, seeds: SeedSequence(runSeed: 42))
    let batch = try PackedBatch(order.indices(step: 0).map { requests[$0] })
    // README-END
    #expect(batch.examples.count == 16)
    #expect(data.dev.count == 500)
  }
}
