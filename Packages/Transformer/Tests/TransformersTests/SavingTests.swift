import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

@Suite struct SavingTests {
  @Test(arguments: Goldens.configurations + ["gguf/mixed.gguf", "gguf/linear-tied.gguf"])
  func savedModelsAreTheSame(name: String) throws {
    try withTemporaryFolder { parent in
      let original = try PretrainedModel.load(Goldens.folder.appending(path: name))
      let folder = parent.appending(path: "saved"), again = parent.appending(path: "again")
      try PretrainedModel.save(original.state, original.configuration, to: folder)
      try PretrainedModel.save(original.state, original.configuration, to: again)
      let saved = try PretrainedModel.load(folder)
      #expect(saved.configuration as? LlamaConfiguration == original.configuration as? LlamaConfiguration)
      #expect(saved.state.parameters.paths == original.state.parameters.paths)
      for (a, b) in zip(saved.state.parameters.parameters, original.state.parameters.parameters) {
        #expect(a.tensor.values == b.tensor.values && a.tensor.dtype == b.tensor.dtype)
      }
      for file in ["model.safetensors", "config.json"] {
        #expect(try Data(contentsOf: folder.appending(path: file)) == Data(contentsOf: again.appending(path: file)))
      }
    }
  }

  @Test func tokenizerFilesGoAlong() throws {
    try withTemporaryFolder { folder in
      let original = try PretrainedModel.load(Goldens.stories)
      try PretrainedModel.save(original.state, original.configuration, to: folder, companion: Goldens.stories)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
          "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
        ])
      let name = "tokenizer.json"
      #expect(
        try Data(contentsOf: folder.appending(path: name)) == Data(contentsOf: Goldens.stories.appending(path: name)))
    }
  }

  private struct Nothing: LinearAdapter {
    func apply<E: Evaluator>(
      to x: E.Value, base: consuming E.Value, parameters: ParameterSet, evaluator: E
    ) -> E.Value { base }
  }

  @Test func onlyPlainModelsAreSaved() throws {
    try withTemporaryFolder { folder in
      let original = try PretrainedModel.load(Goldens.folder.appending(path: "grouped-heads"))
      var adapted = original.state
      adapted.adapters["lm_head.weight"] = Nothing()
      #expect(
        failure { try PretrainedModel.save(adapted, original.configuration, to: folder) }?.code == .mismatchedTensors)
      var longer = original.state
      longer.parameters.append(Parameter(path: "lora_A", tensor: try Tensor(zeros: [1]), role: .adapter))
      #expect(
        failure { try PretrainedModel.save(longer, original.configuration, to: folder) }?.message.contains("lora_A")
          == true)
    }
  }

  @Test func whereNothingCanBeWrittenIsAnError() throws {
    try withTemporaryFolder { folder in
      let original = try PretrainedModel.load(Goldens.folder.appending(path: "one-head-one-layer"))
      let file = folder.appending(path: "file")
      try Data([1]).write(to: file)
      let error = failure { try PretrainedModel.save(original.state, original.configuration, to: file) }
      #expect(error?.code == .writeFailed)
      let sharded = try copyOfGolden("sharded", in: folder)
      #expect(
        failure { try PretrainedModel.save(original.state, original.configuration, to: sharded) }?.code == .writeFailed)
    }
  }
}
