import TensorCore
import TuningCore

/// Two blocks of attention with grouped heads, biases, rotary positions, and an embedding tied to the head.
struct AttentiveModel: LanguageModel {
  let vocabularySize = 17
  let maximumLength = 24
  let blockCount = 2
  let cacheShape: (layers: Int, width: Int)? = (layers: 2, width: 8)
  let tokenTable: ParameterPath? = "embed.weight"
  let untiedTable: ParameterPath? = "lm_head.weight"
  let head: OutputHead? = OutputHead(.nextToken, table: "embed.weight", count: 17)
  private let heads = AttentionHeads(queries: 4, groups: 2, dimension: 4)

  static func path(_ block: Int, _ name: String) -> ParameterPath { ParameterPath("layers.\(block).\(name)") }

  static func state(dtype: DType = .float32) throws -> ModelState {
    var set = ParameterSet(), seed: UInt64 = 40
    func append(_ path: ParameterPath, _ shape: [Int], _ role: ParameterRole) throws {
      seed += 1
      let values = ToyModel.random(shape, seed: seed)
      set.append(Parameter(path: path, tensor: try Tensor(values, shape: shape, dtype: dtype), role: role))
    }
    try append("embed.weight", [17, 16], .embedding)
    for block in 0..<2 {
      try append(path(block, "q_proj.weight"), [16, 16], .linear)
      try append(path(block, "q_proj.bias"), [16], .bias)
      try append(path(block, "k_proj.weight"), [8, 16], .linear)
      try append(path(block, "v_proj.weight"), [8, 16], .linear)
      try append(path(block, "v_proj.bias"), [8], .bias)
      try append(path(block, "norm.weight"), [16], .norm)
      try append(path(block, "norm.bias"), [16], .bias)
    }
    return ModelState(parameters: set)
  }

  func context(of tokens: [Int32], layout: SequenceLayout) -> SequenceContext {
    SequenceContext(
      tokens: tokens, layout: layout,
      angles: RotaryAngles(positions: layout.positions, inverseFrequencies: [1, 0.1]))
  }

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context, table: "embed.weight", in: state)
  }

  func block<E: Evaluator>(
    _ index: Int, _ x: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    func path(_ name: String) -> ParameterPath { AttentiveModel.path(index, name) }
    let angles = context.angles!
    let queries = evaluator.linear(x, path("q_proj.weight"), bias: path("q_proj.bias"), in: state)
    let keys = evaluator.linear(x, path("k_proj.weight"), in: state)
    let values = evaluator.linear(x, path("v_proj.weight"), bias: path("v_proj.bias"), in: state)
    let attended = evaluator.attention(
      queries: evaluator.rotary(queries, heads: heads.queries, angles: angles),
      keys: evaluator.rotary(keys, heads: heads.groups, angles: angles), values: values, heads: heads,
      pattern: .causal(), layout: context.layout, cache: cache, layer: index, in: state)
    let sum = evaluator.add(consume x, attended, scale: 1)
    let out = evaluator.layerNorm(
      sum, weight: state.parameters.require(path("norm.weight")), bias: state.parameters.require(path("norm.bias")),
      epsilon: 1e-5)
    return rows.map { evaluator.gather(out, rows: $0) } ?? out
  }

  static func oracle(_ state: ModelState) -> EagerOracle {
    EagerOracle(model: AttentiveModel(), state: state, objective: .languageModel, threads: Threads(1))
  }

  static func logProbabilities(_ state: ModelState) throws -> [Float] {
    try oracle(state).logProbabilities(on: ToyModel.batch())[0]
  }
}

/// A model that ends with hidden states and sees no other token: nothing to put a head, a prompt or a prefix on.
struct BareModel: LanguageModel {
  let vocabularySize = 17
  let maximumLength = 24
  let blockCount = 0
  let cacheShape: (layers: Int, width: Int)? = nil
  let head: OutputHead? = nil

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context, table: "embed.weight", in: state)
  }

  func block<E: Evaluator>(
    _ index: Int, _ x: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    x
  }
}
