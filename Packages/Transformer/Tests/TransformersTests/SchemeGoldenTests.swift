import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// What a tuning scheme puts before a text, on every family, as `peft` and `transformers` compute it: see
/// References/schemes.
struct SchemeGolden: Decodable, Sendable, CustomTestStringConvertible {
  /// A model of `NoiseModel`.
  let model: String
  let scheme: String
  let length: Int
  let ids: [Int32]
  let types: [Int32]?
  /// Of the text's rows, or of the label.
  let logits: Floats
  let prompt: [Int32]?
  let generated: [Int32]?

  var testDescription: String { "\(model): \(scheme), \(length)" }

  static let all: [SchemeGolden] = {
    let more = ProcessInfo.processInfo.environment["ZEROTH_SCHEME_GOLDENS"].map { [URL(filePath: $0)] } ?? []
    return try! ([Goldens.folder.appending(path: "schemes.json")] + more).flatMap {
      try JSONDecoder().decode([SchemeGolden].self, from: Data(contentsOf: $0))
    }
  }()

  /// The model with the scheme's parameters, made as the script makes them.
  func load() throws -> PretrainedModel {
    let base = NoiseModel.named(model)
    var pretrained = try base.load()
    func add(_ path: ParameterPath, width: Int) throws {
      var values = [Float](repeating: 0, count: length * width)
      values.withUnsafeMutableBufferPointer {
        AddressedNoise.fill($0, law: .gaussian, seed: base.seed, pathHash: path.hash, start: 0)
      }
      let tensor = try Tensor(values, shape: [length, width])
      pretrained.state.parameters.append(Parameter(path: path, tensor: tensor, role: .adapter, isTrainable: true))
    }
    if scheme == "prompt" {
      let table = try #require(pretrained.model.tokenTable)
      try add("prompt_embeddings", width: pretrained.state.parameters.require(table).tensor.rowLength)
      pretrained.state.prompt = "prompt_embeddings"
    } else {
      let shape = try #require(pretrained.model.cacheShape)
      let layers = (0..<shape.layers).map {
        AttentionPrefix.Layer(keys: ParameterPath("prefix.\($0).keys"), values: ParameterPath("prefix.\($0).values"))
      }
      for path in layers.flatMap({ [$0.keys, $0.values] }) { try add(path, width: shape.width) }
      pretrained.state.prefix = AttentionPrefix(layers: layers, takesPositions: scheme == "prefix, shifted")
    }
    return pretrained
  }
}

@Suite struct SchemeGoldenTests {
  @Test(arguments: SchemeGolden.all) func logitsAreTheirs(_ golden: SchemeGolden) throws {
    let opened = try golden.load()
    let difference = golden.logits.difference(
      try opened.model.logitValues(golden.ids, types: golden.types, in: opened.state))
    #expect(difference <= 1e-5, "max |Δ| \(difference)")
  }

  /// With a cache, which holds what stands before the text from its first call on.
  @Test(arguments: SchemeGolden.all.filter { $0.generated != nil })
  func generationIsTheirs(_ golden: SchemeGolden) throws {
    let opened = try golden.load(), expected = try #require(golden.generated)
    let found = try TextGenerator(opened.model, state: opened.state).generate(
      after: golden.prompt ?? [], options: GenerationOptions(maximumNewTokens: expected.count))
    #expect(found.tokens == expected)
  }

  /// Prompts shared by their continuations, among others, against each sequence alone.
  @Test(arguments: SchemeGolden.all.filter { $0.generated != nil && $0.ids.count > 3 })
  func packedIsEachAlone(_ golden: SchemeGolden) throws {
    let opened = try golden.load(), ids = golden.ids, half = ids.count / 2
    let continuations = [Array(ids[half...]), Array(ids[half...].reversed()), [ids[0]]]
    let batch = try PackedBatch([
      ScoringRequest(prompt: Array(ids[..<half]), continuations: continuations),
      ScoringRequest(prompt: [ids[1]], continuations: [[ids[2], ids[0]]]),
    ])
    let oracle = EagerOracle(model: opened.model, state: opened.state, objective: .languageModel)
    let packed = try oracle.logProbabilities(on: batch)[0]
    var alone: [Float] = []
    for (prompt, continuation) in continuations.map({ (Array(ids[..<half]), $0) }) + [([ids[1]], [ids[2], ids[0]])] {
      let single = try PackedBatch([ScoringRequest(prompt: prompt, continuations: [continuation])])
      alone += try oracle.logProbabilities(on: single)[0]
    }
    #expect(packed.count == alone.count)
    for (p, a) in zip(packed, alone) { #expect(abs(p - a) <= 1e-5 * max(1, abs(a))) }
    if golden.scheme != "prefix, unshifted" {
      let row = try opened.model.logitValues(Array(ids[..<half]), rows: [half - 1], in: opened.state)
      let total = row.reduce(0.0) { $0 + exp(Double($1)) }
      #expect(abs(Double(packed[0]) - (Double(row[Int(ids[half])]) - log(total))) <= 1e-4)
    }
  }

  /// A text that what stands before it leaves no room for.
  @Test func whatIsTooLongIsRefused() throws {
    let golden = try #require(SchemeGolden.all.first { $0.model == "opt plain" && $0.scheme == "prompt" })
    let opened = try golden.load(), room = opened.model.maximumLength - golden.length
    let fits = [Int32](repeating: 1, count: room)
    _ = try opened.model.logits(of: fits, state: opened.state, evaluator: EagerEvaluator())
    let error = #expect(throws: ModelError.self) {
      try opened.model.logits(of: fits + [1], state: opened.state, evaluator: EagerEvaluator())
    }
    #expect(error?.message.contains("with the scheme's \(golden.length) before them") == true)
    let batch = try PackedBatch([ScoringRequest(prompt: fits + [1], continuations: [[1]])])
    let refusal = #expect(throws: TuningError.self) { try opened.model.validate(batch, in: opened.state) }
    #expect(refusal?.code == .invalidBatch)
  }

  /// An output table beside a tied embedding is read in its place, and saved as a model whose table is not tied.
  @Test(arguments: ["opt plain", "opt 350m", "llama llama, padding"]) func untiedTable(_ name: String) throws {
    var opened = try NoiseModel.named(name).load()
    let model = opened.model, ids = NoiseModel.named(name).ids
    let table = try #require(model.head?.table), own = try #require(model.untiedTable)
    let before = try model.logitValues(ids, in: opened.state)
    let doubled = try Tensor(
      opened.state.parameters.require(table).tensor.values.map { 2 * $0 },
      shape: opened.state.parameters.require(table).tensor.shape)
    opened.state.parameters.append(Parameter(path: own, tensor: doubled, role: .linear))
    opened.state.outputTable = own
    let after = try model.logitValues(ids, in: opened.state)
    #expect(zip(before, after).allSatisfy { abs(2 * $0 - $1) <= 1e-5 * max(1, abs($1)) })
    try withTemporaryFolder { folder in
      try PretrainedModel.save(opened.state, opened.configuration, to: folder)
      let saved = try PretrainedModel.load(folder)
      #expect(saved.model.head?.table == own && saved.model.untiedTable == nil)
      #expect(try saved.model.logitValues(ids, in: saved.state) == after)
    }
  }
}

extension LanguageModel {
  fileprivate func logitValues(
    _ ids: [Int32], types: [Int32]? = nil, rows: [Int]? = nil, in state: ModelState
  ) throws -> [Float] {
    let value = try logits(
      of: ids, tokenTypes: types, rows: rows, state: state, evaluator: EagerEvaluator(threads: Threads(2)))
    return withExtendedLifetime(value) { Array(value.floats()) }
  }
}
