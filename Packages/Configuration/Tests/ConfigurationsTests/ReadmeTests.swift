import Configurations
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
}
