import Foundation
import Testing
import Transformers

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    try withTemporaryFolder { parent in
      let folder = Goldens.stories, copy = parent.appending(path: "copy")
      // README-BEGIN
      let pretrained = try PretrainedModel.load(folder)
      print(pretrained.source.format, pretrained.state.parameters.count, "parameters")
      let generator = TextGenerator(pretrained.model, state: pretrained.state)
      let options = GenerationOptions(maximumNewTokens: 20, stopTokens: Set(pretrained.stopTokens))
      let generation = try generator.generate(after: [1, 403, 407], options: options)
      print(generation.tokens, generation.finish)
      try PretrainedModel.save(pretrained.state, pretrained.configuration, to: copy, companion: folder)
      // README-END
      #expect(pretrained.state.parameters.count == 260_032)
      #expect(generation.tokens.count == 20)
      #expect(FileManager.default.fileExists(atPath: copy.appending(path: "tokenizer.json").path))
    }
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
