import Datasets
import Foundation
import Testing
import Training
import TuningCore

@Suite struct TaskReportTests {
  private static let repository = (0..<5).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

  /// Rows `| \`sst2\` | asks | answers | metric | templates | cloze |` of docs/tasks.md.
  @Test func theListOfTheDocumentationIsTheTasks() throws {
    let page = try String(contentsOf: Self.repository.appending(path: "docs/tasks.md"), encoding: .utf8)
    let section = try #require(page.components(separatedBy: "\n## ").first { $0.hasPrefix("The tasks that are there") })
    let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let expected = try TaskReport.all().map {
      ["`\($0.name)`", $0.summary, $0.answers, $0.metric, "\($0.templates.count)", $0.cloze == nil ? "" : "yes"]
    }
    #expect(rows == expected)
    #expect(page.contains("name: reviews"))
  }

  @Test func aTaskIsShown() throws {
    let report = try TaskReport("squad")
    #expect(report.answers == "generated" && report.maximumTokens == 50 && report.metric == "f1")
    #expect(report.training == ["train-v1.1.json"] && report.cloze == nil)
    #expect(try TaskReport("sst2").cloze?.words == ["terrible", "great"])
    let error = #expect(throws: TuningError.self) { try TaskReport("sst") }
    #expect(error?.message.contains("Did you mean 'sst2'?") == true, "\(error?.message ?? "")")
  }

  @Test func examplesArePreviewed() throws {
    let archive = Self.repository.appending(path: "Data/SST-2/SST-2.zip")
    let source = try ModelSource(path: Self.repository.appending(path: "Models/stories260K"))
    let preview = try TaskPreview(
      "sst2", template: 1, data: archive, part: .validation, count: 2, tokenizer: source.tokenizer())
    #expect(preview.count == 872 && preview.examples.count == 2 && preview.task == "sst2")
    let example = try #require(preview.examples.first)
    #expect(example.prompt == "it 's a charming and often affecting journey . " && example.golds == [1])
    let tokens = try #require(example.tokens)
    #expect(tokens.candidates.count == 2 && tokens.cloze == nil && tokens.scored == tokens.candidates.map(\.count))
    let text = try source.tokenizer().decode(tokens.prompt + tokens.candidates[1])
    #expect(text.hasSuffix("it 's a charming and often affecting journey . great"), "\(text)")
    let alone = try TaskPreview("sst2", data: archive, count: 1)
    #expect(alone.examples.first?.tokens == nil)
  }

  @Test func aTaskMayBeAFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "task-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "mine.yaml")
    try Data(
      """
      name: mine
      files: {training: a.tsv, validation: a.tsv}
      template: "{text}:"
      labels: {x: one, y: two}
      """.utf8
    ).write(to: file)
    try Data("text\tlabel\nhello\ty\n".utf8).write(to: folder.appending(path: "a.tsv"))
    #expect(TaskReport.isFile(file.path) && !TaskReport.isFile("sst2"))
    let preview = try TaskPreview(file.path, data: folder, count: 5)
    #expect(preview.task == "mine" && preview.examples.map(\.candidates) == [["hello: one", "hello: two"]])
  }
}
