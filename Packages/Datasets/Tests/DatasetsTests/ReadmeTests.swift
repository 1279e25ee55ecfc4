import Datasets
import Foundation
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

  @Test func theReadmeShowsTheExample() throws {
    let here = URL(filePath: #filePath)
    let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    let shown = try #require(readme.components(separatedBy: "```swift\n").dropFirst().first)
      .components(separatedBy: "```")[0]
    let tested = source.components(separatedBy: "// README-BEGIN\n")[1].components(separatedBy: "// README-END")[0]
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }
    #expect(lines(shown) == lines(tested))
  }
}
