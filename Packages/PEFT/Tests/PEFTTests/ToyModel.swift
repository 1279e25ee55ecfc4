import Foundation
import TensorCore
import TuningCore

/// Three blocks of two linear layers with names as Llama's, and a head of its own.
struct ToyModel: LanguageModel {
  let vocabularySize = 13
  let maximumLength = 16
  let blockCount = blocks
  let cacheShape: (layers: Int, width: Int)? = (layers: 0, width: 1)
  let head: OutputHead? = OutputHead(.nextToken, table: "lm_head.weight", count: 13)
  static let width = 8, inner = 12, blocks = 3

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context.tokens, table: state.parameters.require("model.embed_tokens.weight"))
  }

  func block<E: Evaluator>(
    _ index: Int, _ x: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    let q = ToyModel.path(index, "q_proj.weight"), v = ToyModel.path(index, "v_proj.weight")
    let inner = evaluator.linear(x, q, bias: ToyModel.path(index, "q_proj.bias"), in: state)
    let gated = evaluator.activate(.silu, gate: inner, up: evaluator.linear(x, q, in: state))
    let out = evaluator.add(consume x, evaluator.linear(gated, v, in: state), scale: 1)
    return rows.map { evaluator.gather(out, rows: $0) } ?? out
  }

  func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    evaluator.rmsNorm(hidden, weight: state.parameters.require("model.norm.weight"), epsilon: 1e-5)
  }

  static func path(_ block: Int, _ name: String) -> ParameterPath {
    ParameterPath("model.layers.\(block).self_attn.\(name)")
  }

  /// Its parameters, owned.
  static func state(dtype: DType = .float32) throws -> ModelState {
    var set = ParameterSet(), seed: UInt64 = 0
    func append(_ path: ParameterPath, _ shape: [Int], _ role: ParameterRole) throws {
      seed += 1
      set.append(
        Parameter(path: path, tensor: try Tensor(random(shape, seed: seed), shape: shape, dtype: dtype), role: role))
    }
    try append("model.embed_tokens.weight", [13, width], .embedding)
    for block in 0..<blocks {
      try append(path(block, "q_proj.weight"), [inner, width], .linear)
      try append(path(block, "q_proj.bias"), [inner], .bias)
      try append(path(block, "v_proj.weight"), [width, inner], .linear)
    }
    try append("model.norm.weight", [width], .norm)
    try append("lm_head.weight", [13, width], .linear)
    return ModelState(parameters: set)
  }

  /// Values within ±½ that are the same at every run.
  static func random(_ shape: [Int], seed: UInt64) -> [Float] {
    var values = [Float](repeating: 0, count: shape.reduce(1, *))
    values.withUnsafeMutableBufferPointer {
      AddressedNoise.fill($0, law: .gaussian, seed: seed, pathHash: 0, start: 0)
    }
    return values.map { max(-0.5, min(0.5, $0 / 4)) }
  }

  static func batch() throws -> PackedBatch {
    try PackedBatch([
      ScoringRequest(prompt: [3, 1, 4], continuations: [[1, 5], [9]]),
      ScoringRequest(prompt: [2, 6], continuations: [[5], [3, 5, 8]], gold: 1),
    ])
  }

  static func oracle(_ state: ModelState) -> EagerOracle {
    EagerOracle(model: ToyModel(), state: state, objective: .languageModel, threads: Threads(1))
  }

  static func logProbabilities(_ state: ModelState) throws -> [Float] {
    try oracle(state).logProbabilities(on: batch())[0]
  }
}

extension ModelState {
  /// The bits of every parameter by its path.
  var bits: [ParameterPath: [UInt32]] {
    Dictionary(uniqueKeysWithValues: parameters.parameters.map { ($0.path, $0.tensor.values.map(\.bitPattern)) })
  }

  /// Moves what trains along a random direction.
  func train(by coefficient: Float = 0.1, seed: UInt64 = 99) {
    parameters.apply(Move([Term(coefficient, Direction(seed: seed))]), threads: Threads(1))
  }
}

/// `tensor` as a file's, mapped read-only.
func mapped(_ tensor: Tensor) throws -> Tensor {
  let file = FileManager.default.temporaryDirectory.appending(path: "peft-\(UUID().uuidString)")
  try Data(bytes: tensor.bytes, count: tensor.byteCount).write(to: file)
  defer { try? FileManager.default.removeItem(at: file) }
  return try Tensor(storage: .mapped(file), byteOffset: 0, shape: tensor.shape, dtype: tensor.dtype)
}
