import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// Every family agrees with `transformers` in float32 on small models of varied shapes.
@Suite struct FamilyGoldenTests {
  /// Sums of some dozen products in another order: a few units in the last place.
  static let tolerance: Float = 1e-5

  private func close(_ found: some Collection<Float>, _ expected: Floats, _ what: String) {
    let difference = expected.difference(found)
    print("\(what): max|Δ| = \(difference) of the greatest")
    #expect(difference <= FamilyGoldenTests.tolerance, "\(what)")
  }

  @Test(arguments: NoiseModel.all)
  func hiddenStatesLogitsAndPooledVectors(golden: NoiseModel) throws {
    let pretrained = try golden.load()
    let evaluator = EagerEvaluator(threads: Threads(2))
    let model = pretrained.model, state = pretrained.state
    var layout = SequenceLayout(sequenceOf: golden.ids.count)
    layout.tokenTypes = golden.types
    let hidden = model.hiddenStates(of: golden.ids, layout: layout, state: state, evaluator: evaluator)
    close(hidden.floats(), golden.hidden, "\(golden.name), hidden states")
    if let logits = golden.logits {
      let found = try model.logits(of: golden.ids, tokenTypes: golden.types, state: state, evaluator: evaluator)
      close(found.floats(), logits, "\(golden.name), logits")
    } else {
      #expect(model.head == nil)
      #expect(failure { try model.logits(of: golden.ids, state: state, evaluator: evaluator) }?.code == .invalidRequest)
    }
    if let pooled = golden.pooled {
      let found = try pretrained.vectors(
        of: [golden.ids], tokenTypes: golden.types.map { [$0] }, pooling: .pooler, threads: Threads(1))
      // A model for masked tokens is loaded without the pooler that nothing reads.
      close(found[0], pooled, "\(golden.name), pooled")
    } else {
      #expect(failure { try pretrained.vectors(of: [golden.ids], pooling: .pooler) }?.code == .invalidRequest)
    }
  }

  @Test(arguments: NoiseModel.all)
  func rowsAskedForAreTheRowsOfAll(golden: NoiseModel) throws {
    let pretrained = try golden.load()
    let evaluator = EagerEvaluator(threads: Threads(1))
    var layout = SequenceLayout(sequenceOf: golden.ids.count)
    layout.tokenTypes = golden.types
    let rows = [golden.ids.count - 1, 0]
    let found = pretrained.model.hiddenStates(
      of: golden.ids, layout: layout, rows: rows, state: pretrained.state, evaluator: evaluator)
    #expect(found.rows == 2)
    let all = golden.hidden.values, width = found.columns
    let expected = rows.flatMap { all[$0 * width..<($0 + 1) * width] }
    let scale = all.map(\.magnitude).max() ?? 1
    #expect(zip(found.floats(), expected).allSatisfy { abs($0 - $1) <= FamilyGoldenTests.tolerance * scale })
  }

  /// Cloze and label requests, packed with another text before them, give log softmax of the golden's logits.
  @Test(arguments: NoiseModel.all.filter { $0.logits != nil && $0.generation == nil })
  func batchesAskTheSameModel(golden: NoiseModel) throws {
    let pretrained = try golden.load()
    let head = try #require(pretrained.model.head)
    let labels = (0..<head.count).map { Int32($0) }
    let last = golden.ids.count - 1
    // The text before is one without token types: they are zero.
    let batch =
      head.prediction == .label
      ? try PackedBatch(labelled: [
        LabelRequest(tokens: [2], labels: head.count),
        LabelRequest(tokens: golden.ids, tokenTypes: golden.types, labels: head.count),
      ])
      : try PackedBatch(cloze: [
        ClozeRequest(tokens: [2], blanks: [0], candidates: [[0]]),
        ClozeRequest(tokens: golden.ids, tokenTypes: golden.types, blanks: [last], candidates: labels.map { [$0] }),
      ])
    let oracle = EagerOracle(
      model: pretrained.model, state: pretrained.state, objective: .classification, threads: Threads(2))
    let found = try oracle.logProbabilities(on: batch)[0].suffix(head.count)
    let logits = try #require(golden.logits).values.suffix(head.count).map(Double.init)
    let sum = log(logits.reduce(0) { $0 + exp($1) })
    #expect(zip(found, logits).allSatisfy { abs(Double($0) - ($1 - sum)) < 1e-4 })
  }

  @Test(arguments: NoiseModel.all)
  func paddedRowsGiveWhatTheyGiveThere(golden: NoiseModel) throws {
    let pretrained = try golden.load()
    let padded = golden.padded
    let batch = try PaddedBatch(tokens: padded.ids, mask: padded.mask, tokenTypes: padded.types)
    let (tokens, layout) = try batch.packed(for: pretrained.model)
    #expect(tokens.count == padded.mask.joined().count { $0 == 1 })
    let hidden = pretrained.model.hiddenStates(
      of: tokens, layout: layout, state: pretrained.state, evaluator: EagerEvaluator(threads: Threads(2)))
    close(hidden.floats(), padded.hidden, "\(golden.name), padded")
  }

  @Test(arguments: NoiseModel.all.filter { $0.generation != nil })
  func greedyTextIsTheSame(golden: NoiseModel) throws {
    let pretrained = try golden.load()
    let expected = try #require(golden.generation)
    let generator = TextGenerator(pretrained.model, state: pretrained.state, threads: Threads(1))
    // At the model's end it stops by itself.
    let count = expected.generated.count + (expected.reachesEnd ? 1 : 0)
    let found = try generator.generate(
      after: expected.prompt, options: GenerationOptions(maximumNewTokens: count))
    #expect(found.tokens == expected.generated)
    #expect(found.finish == (expected.reachesEnd ? .modelLength : .length))
  }

  @Test(arguments: NoiseModel.all)
  func savedModelsAreTheSame(golden: NoiseModel) throws {
    let original = try golden.load()
    try withTemporaryFolder { parent in
      // With this set, `check_saved.py` of References/models compares what was saved with what is expected.
      let kept = ProcessInfo.processInfo.environment["ZEROTH_SAVED_MODELS"].map { URL(filePath: $0) }
      let folder = (kept ?? parent).appending(path: golden.name)
      try PretrainedModel.save(original.state, original.configuration, to: folder)
      let saved = try PretrainedModel.load(folder)
      #expect(
        try saved.configuration.jsonText(dtype: .float32) == original.configuration.jsonText(dtype: .float32))
      #expect(saved.state.parameters.paths == original.state.parameters.paths)
      for (a, b) in zip(saved.state.parameters.parameters, original.state.parameters.parameters) {
        #expect(a.tensor.values == b.tensor.values && a.tensor.dtype == b.tensor.dtype)
      }
    }
  }

  @Test(arguments: NoiseModel.gguf)
  func ggufFilesAreTheSameModels(golden: NoiseModel) throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "models/\(golden.name).gguf"))
    #expect(try pretrained.configuration.parameters == golden.configuration().parameters)
    // Mistral's files say llama: without a window they are that.
    let modelType = golden.name == "mistral" ? "llama" : try golden.modelType
    #expect(pretrained.configuration.modelType == modelType)
    let evaluator = EagerEvaluator(threads: Threads(1))
    let found = try pretrained.model.logits(of: golden.ids, state: pretrained.state, evaluator: evaluator)
    close(found.floats(), try #require(golden.logits), "\(golden.name).gguf, logits")
    let expected = try #require(golden.generation)
    let generation = try TextGenerator(pretrained.model, state: pretrained.state, threads: Threads(1)).generate(
      after: expected.prompt, options: GenerationOptions(maximumNewTokens: expected.generated.count))
    #expect(generation.tokens == expected.generated)
    try withTemporaryFolder { folder in
      try PretrainedModel.save(pretrained.state, pretrained.configuration, to: folder)
      let saved = try PretrainedModel.load(folder)
      let again = try saved.model.logits(of: golden.ids, state: saved.state, evaluator: evaluator)
      #expect(Array(again.floats()) == Array(found.floats()))
    }
  }
}
