import TensorCore
import TuningCore

/// `count` blocks of attention and a feed-forward layer between a table, tied to the head, and a final norm.
struct ToyModel: LanguageModel {
  let vocabularySize = 30
  let maximumLength = 40
  let blockCount: Int
  let cacheShape: (layers: Int, width: Int)? = nil
  var head: OutputHead? { OutputHead(.nextToken, table: isTied ? "embed.weight" : "head.weight", count: 30) }
  private let isTied: Bool
  private let heads = AttentionHeads(queries: 2, groups: 2, dimension: 4)

  init(blocks: Int, isTied: Bool = true) {
    blockCount = blocks
    self.isTied = isTied
  }

  func state(dtype: DType = .float32, trains: (ParameterPath) -> Bool = { _ in true }) throws -> ModelState {
    var dice = Dice(5), set = ParameterSet()
    func append(_ path: ParameterPath, _ shape: [Int], _ role: ParameterRole) throws {
      set.append(try dice.parameter(path, shape, dtype: dtype, role: role, trains: trains(path)))
    }
    try append("embed.weight", [30, 8], .embedding)
    for block in 0..<blockCount {
      for (name, shape, role) in [
        ("norm1.weight", [8], ParameterRole.norm), ("q.weight", [8, 8], .linear), ("q.bias", [8], .bias),
        ("o.weight", [8, 8], .linear), ("norm2.weight", [8], .norm), ("up.weight", [12, 8], .linear),
        ("down.weight", [8, 12], .linear),
      ] {
        try append(ParameterPath("layers.\(block).\(name)"), shape, role)
      }
    }
    try append("norm.weight", [8], .norm)
    if !isTied { try append("head.weight", [30, 8], .linear) }
    return ModelState(parameters: set)
  }

  /// Of all that, only adapters on every `q` train.
  func adaptedState() throws -> ModelState {
    var state = try state { _ in false }, dice = Dice(6)
    for block in 0..<blockCount {
      let name = "layers.\(block).q.lora_"
      let adapter = ToyAdapter(a: ParameterPath(name + "A.weight"), b: ParameterPath(name + "B.weight"))
      state.parameters.append(try dice.parameter(adapter.a, [2, 8], role: .adapter))
      state.parameters.append(
        Parameter(path: adapter.b, tensor: try Tensor(zeros: [8, 2]), role: .adapter, isTrainable: true))
      state.adapters[ParameterPath("layers.\(block).q.weight")] = adapter
    }
    return state
  }

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context.tokens, table: state.parameters.require("embed.weight"))
  }

  func block<E: Evaluator>(
    _ index: Int, _ x: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    func path(_ name: String) -> ParameterPath { ParameterPath("layers.\(index).\(name)") }
    func normed(_ x: E.Value, _ name: String) -> E.Value {
      evaluator.rmsNorm(x, weight: state.parameters.require(path(name)), epsilon: 1e-5)
    }
    let input = normed(x, "norm1.weight")
    let queries = evaluator.linear(input, path("q.weight"), bias: path("q.bias"), in: state)
    let attended = evaluator.attention(
      queries: queries, keys: input, values: input, heads: heads, pattern: .causal(), layout: context.layout,
      cache: cache)
    var hidden = evaluator.add(consume x, evaluator.linear(attended, path("o.weight"), in: state), scale: 1)
    let up = evaluator.activate(
      .silu, evaluator.linear(normed(hidden, "norm2.weight"), path("up.weight"), in: state))
    hidden = evaluator.add(consume hidden, evaluator.linear(up, path("down.weight"), in: state), scale: 1)
    return rows.map { evaluator.gather(hidden, rows: $0) } ?? hidden
  }

  func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    evaluator.rmsNorm(hidden, weight: state.parameters.require("norm.weight"), epsilon: 1e-5)
  }

  static func batch() throws -> PackedBatch {
    try PackedBatch([
      ScoringRequest(prompt: [3, 14, 15, 9], continuations: [[9], [26, 5]], gold: 1),
      ScoringRequest(prompt: [1], continuations: [[29, 4, 4], [2]], gold: 0),
    ])
  }
}

/// B A x, added to the layer's output.
struct ToyAdapter: LinearAdapter {
  let a: ParameterPath
  let b: ParameterPath

  func apply<E: Evaluator>(to x: E.Value, base: consuming E.Value, parameters: ParameterSet, evaluator: E) -> E.Value {
    let inner = evaluator.linear(x, weight: parameters.require(a), bias: nil)
    return evaluator.add(base, evaluator.linear(inner, weight: parameters.require(b), bias: nil), scale: 1)
  }
}
