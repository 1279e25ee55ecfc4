import Configurations
import Foundation
import Testing

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    // README-BEGIN
    let text = """
      name: sentiment
      labels: [bad, good]
      files: {train: train.csv, test: 3}
      """
    let document = try ConfigurationDocument(text: text, name: "task.yaml")
    var problems = document.problems
    for entry in try document.entries(form: "a task is a mapping") where entry.key == "files" {
      guard case .mapping(let files) = entry.node.content else { continue }
      for file in files where file.node.value.untyped == .integer(3) {
        problems.append(
          .init(location: file.location, message: "\(file.key) must be a file, got \(file.node.value.shown)"))
      }
    }
    print(problems.map(\.description))
    // README-END
    #expect(problems.map(\.description) == ["task.yaml:3: test must be a file, got '3'"])
  }

  /// The README shows the lines above, word for word.
  @Test func readmeShowsTheExample() throws {
    let here = URL(filePath: #filePath)
    let readme = here.deletingLastPathComponent().appending(path: "../../README.md").standardized
    let shown = try #require(String(contentsOf: readme, encoding: .utf8).firstMatch(of: /```swift\n((?s).*?)```/)?.1)
    let source = try String(contentsOf: here, encoding: .utf8)
    let run = try #require(source.firstMatch(of: /README-BEGIN\n((?s).*?) *\/\/ README-END/)?.1)
    func lines(_ text: Substring) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }
    #expect(lines(shown) == lines(run))
  }
}
