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
}
