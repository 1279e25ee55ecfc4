import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

@Suite struct NewHeadTests {
  private let head = NewHead.labels(["bad", "good"], seed: 3)

  /// What is new, given the model it is put on.
  @Test(arguments: [
    ("bert base", ["classifier"]), ("bert base without pooler", ["bert.pooler.dense", "classifier"]),
    ("bert masked", ["bert.pooler.dense", "classifier"]), ("bert labels", ["classifier"]),
    ("roberta base", ["classifier.dense", "classifier.out_proj"]),
    ("roberta masked", ["classifier.dense", "classifier.out_proj"]),
    ("roberta labels", ["classifier.dense", "classifier.out_proj"]),
    ("roberta xlm-roberta", ["classifier.dense", "classifier.out_proj"]),
  ])
  func onlyTheHeadIsNew(name: String, expected: [String]) throws {
    let golden = NoiseModel.named(name)
    let old = try golden.tensors(), new = try golden.load(newHead: head)
    var found: [String] = []
    for parameter in new.state.parameters.parameters {
      let kept = old.first { $0.name == parameter.path.name && $0.tensor.values == parameter.tensor.values }
      if kept == nil { found.append(parameter.path.name) }
    }
    #expect(found == expected.flatMap { ["\($0).weight", "\($0).bias"] })
    #expect(new.model.head?.prediction == .label && new.model.head?.count == 2)
    let configuration = try #require(new.configuration as? BertConfiguration)
    #expect(configuration.head == .classification(labels: ["bad", "good"]))
  }

  @Test func weightsAreDrawnAsTransformersDrawsThem() throws {
    var numbers: [Float] = []
    for seed in 0..<40 {
      let pretrained = try NoiseModel.named("roberta base").load(newHead: .labels(7, seed: UInt64(seed)))
      let parameters = pretrained.state.parameters
      numbers += parameters.require("classifier.dense.weight").tensor.values
      numbers += parameters.require("classifier.out_proj.weight").tensor.values
      #expect(parameters.require("classifier.dense.bias").tensor.values.allSatisfy { $0 == 0 })
    }
    let mean = numbers.reduce(0, +) / Float(numbers.count)
    let deviation = (numbers.reduce(0) { $0 + $1 * $1 } / Float(numbers.count)).squareRoot()
    // initializer_range is 0.02 by default; 9120 draws.
    #expect(abs(mean) < 0.001 && abs(deviation - 0.02) < 0.001)
  }

  @Test func theSeedAloneDecides() throws {
    func table(_ seed: UInt64) throws -> [Float] {
      let pretrained = try NoiseModel.named("bert base").load(newHead: .labels(3, seed: seed))
      return pretrained.state.parameters.require("classifier.weight").tensor.values
    }
    #expect(try table(5) == table(5))
    #expect(try table(5) != table(6))
  }

  @Test func aModelWithANewHeadIsAskedAndSaved() throws {
    let golden = NoiseModel.named("roberta base without pooler")
    let pretrained = try golden.load(newHead: head)
    let batch = try PackedBatch(labelled: [LabelRequest(tokens: golden.ids, labels: 2, gold: 1)])
    let oracle = EagerOracle(
      model: pretrained.model, state: pretrained.state, objective: .classification, threads: Threads(1))
    let found = try oracle.logProbabilities(on: batch)[0]
    #expect(abs(exp(found[0]) + exp(found[1]) - 1) < 1e-5)
    try withTemporaryFolder { folder in
      try PretrainedModel.save(pretrained.state, pretrained.configuration, to: folder)
      let saved = try PretrainedModel.load(folder)
      let again = EagerOracle(model: saved.model, state: saved.state, objective: .classification, threads: Threads(1))
      #expect(try again.logProbabilities(on: batch)[0] == found)
      let text = try String(contentsOf: folder.appending(path: "config.json"), encoding: .utf8)
      #expect(text.contains("RobertaForSequenceClassification") && text.contains("\"1\": \"good\""))
    }
  }

  @Test func anArchitectureThatIsNotReadCanBeGivenOne() throws {
    try withTemporaryFolder { folder in
      try NoiseModel.named("bert base").write(to: folder)
      try folder.appending(path: "config.json").edit {
        $0.replacing("BertModel", with: "BertForQuestionAnswering")
      }
      try folder.appending(path: "model.safetensors").replaceTensors {
        $0.append(("qa_outputs.weight", try Tensor(zeros: [2, 12])))
      }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("BertForQuestionAnswering") == true)
      #expect(try PretrainedModel.load(folder, newHead: head).model.head?.count == 2)
      #expect(
        try PretrainedModel.load(folder, dtype: .bfloat16, newHead: head).state.parameters.parameters
          .allSatisfy { $0.tensor.dtype == .bfloat16 })
    }
  }

  @Test func modelsThatTakeNoneSaySo() throws {
    let error = failure { try NoiseModel.named("opt plain").load(newHead: head) }
    #expect(error?.code == .unsupported && error?.message.contains("'opt'") == true)
    #expect(error?.message.contains("bert, roberta") == true)
    let gguf = Goldens.folder.appending(path: "models/qwen2.gguf")
    #expect(failure { try PretrainedModel.load(gguf, newHead: head) }?.code == .unsupported)
    #expect(
      failure { try NoiseModel.named("bert base").load(newHead: .labels(0, seed: 1)) }?.code == .invalidRequest)
  }
}
