import TensorCore
import TuningCore

/// Two blocks of a layer norm and two linear layers around a residual, of an embedding tied to the head.
struct TinyModel: LanguageModel {
  let vocabularySize = 11
  let maximumLength = 16
  let blockCount = 2
  let cacheShape: (layers: Int, width: Int)? = (layers: 2, width: 6)
  let tokenTable: ParameterPath? = "embed"
  let head: OutputHead? = OutputHead(.nextToken, table: "embed", count: 11)

  /// - Parameter scheme: puts a prompt of two rows and a prefix of three keys before every sequence.
  static func state(scheme: Bool = false, trains: (String) -> Bool = { _ in true }) throws -> ModelState {
    var set = ParameterSet(), seed: UInt64 = 0
    func append(_ path: String, _ shape: [Int], _ role: ParameterRole) throws {
      seed += 1
      var values = [Float](repeating: 0, count: shape.reduce(1, *))
      values.withUnsafeMutableBufferPointer {
        AddressedNoise.fill($0, law: .gaussian, seed: seed, pathHash: 0, start: 0)
        $0.scale(by: 0.4)
      }
      set.append(
        Parameter(
          path: ParameterPath(path), tensor: try Tensor(values, shape: shape), role: role, isTrainable: trains(path)))
    }
    try append("embed", [11, 6], .embedding)
    for block in 0..<2 {
      try append("\(block).norm", [6], .norm)
      try append("\(block).up", [9, 6], .linear)
      try append("\(block).up.bias", [9], .bias)
      try append("\(block).down", [6, 9], .linear)
    }
    guard scheme else { return ModelState(parameters: set) }
    try append("prompt", [2, 6], .adapter)
    for block in 0..<2 {
      try append("\(block).keys", [3, 6], .adapter)
      try append("\(block).values", [3, 6], .adapter)
    }
    var state = ModelState(parameters: set)
    state.prompt = "prompt"
    let layers = (0..<2).map {
      AttentionPrefix.Layer(keys: ParameterPath("\($0).keys"), values: ParameterPath("\($0).values"))
    }
    state.prefix = AttentionPrefix(layers: layers, takesPositions: true)
    return state
  }

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context, table: "embed", in: state)
  }

  func block<E: Evaluator>(
    _ index: Int, _ x: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    func path(_ name: String) -> ParameterPath { ParameterPath("\(index).\(name)") }
    let normed = evaluator.layerNorm(x, weight: state.parameters.require(path("norm")), bias: nil, epsilon: 1e-5)
    let heads = AttentionHeads(queries: 2, groups: 2, dimension: 3)
    let mixed = evaluator.attention(
      queries: normed, keys: normed, values: normed, heads: heads, pattern: .causal(), layout: context.layout,
      cache: cache, layer: index, in: state)
    let inner = evaluator.activate(.geluTanh, evaluator.linear(mixed, path("up"), bias: path("up.bias"), in: state))
    let out = evaluator.add(consume x, evaluator.linear(inner, path("down"), in: state), scale: 1)
    return rows.map { evaluator.gather(out, rows: $0) } ?? out
  }

  static func oracle(_ state: ModelState, threads: Int = 2) -> EagerOracle {
    EagerOracle(model: TinyModel(), state: state, objective: .classification, threads: Threads(threads))
  }

  static func batch() throws -> PackedBatch {
    try PackedBatch([
      ScoringRequest(prompt: [3, 1, 4], continuations: [[1], [5, 9]], gold: 1),
      ScoringRequest(prompt: [2, 6], continuations: [[5, 3, 5], [8], [9]], gold: 0),
    ])
  }
}
