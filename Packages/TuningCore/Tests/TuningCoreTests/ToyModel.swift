import TensorCore
import TuningCore

/// A transformer of one layer with tied embeddings, grouped heads and a bias: every operation, in 24 columns.
struct ToyModel: LanguageModel {
  let vocabularySize = 50
  let maximumLength = 40
  let blockCount = 1
  let cacheShape: (layers: Int, width: Int)? = (layers: 1, width: 12)
  let head: OutputHead? = OutputHead(.nextToken, table: "embed", count: 50)
  private let heads = AttentionHeads(queries: 4, groups: 2, dimension: 6)

  static func state(dtype: DType = .float32, seed: UInt64 = 1, trains: Bool = true) throws -> ModelState {
    var dice = Dice(seed), set = ParameterSet()
    let shapes: [(ParameterPath, [Int], ParameterRole)] = [
      ("embed", [50, 24], .embedding), ("norm1", [24], .norm), ("q", [24, 24], .linear), ("q.bias", [24], .bias),
      ("k", [12, 24], .linear), ("v", [12, 24], .linear), ("o", [24, 24], .linear), ("norm2", [24], .norm),
      ("gate", [33, 24], .linear), ("up", [33, 24], .linear), ("down", [24, 33], .linear), ("norm3", [24], .norm),
    ]
    for (path, shape, role) in shapes {
      set.append(try dice.parameter(path, shape, dtype: dtype, role: role, trains: trains))
    }
    return ModelState(parameters: set)
  }

  func context(of tokens: [Int32], layout: SequenceLayout) -> SequenceContext {
    let angles = RotaryAngles(positions: layout.positions, inverseFrequencies: [1, 0.2, 0.04])
    return SequenceContext(tokens: tokens, layout: layout, angles: angles)
  }

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context.tokens, table: state.parameters.require("embed"))
  }

  func block<E: Evaluator>(
    _ index: Int, _ x: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    let parameters = state.parameters, angles = context.angles!
    let normed = evaluator.rmsNorm(x, weight: parameters.require("norm1"), epsilon: 1e-5)
    let queries = evaluator.rotary(
      evaluator.linear(normed, "q", bias: "q.bias", in: state), heads: heads.queries, angles: angles)
    let keys = evaluator.rotary(evaluator.linear(normed, "k", in: state), heads: heads.groups, angles: angles)
    let attended = evaluator.attention(
      queries: queries, keys: keys, values: evaluator.linear(normed, "v", in: state), heads: heads,
      pattern: .causal(), layout: context.layout, cache: cache)
    let middle = evaluator.add(consume x, evaluator.linear(attended, "o", in: state), scale: 1)
    let inner = evaluator.rmsNorm(middle, weight: parameters.require("norm2"), epsilon: 1e-5)
    let gated = evaluator.activate(
      .silu, gate: evaluator.linear(inner, "gate", in: state), up: evaluator.linear(inner, "up", in: state))
    let out = evaluator.add(middle, evaluator.linear(gated, "down", in: state), scale: 1)
    return rows.map { evaluator.gather(out, rows: $0) } ?? out
  }

  func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    evaluator.rmsNorm(hidden, weight: state.parameters.require("norm3"), epsilon: 1e-5)
  }
}

/// Adds half of the layer's own input to its output: an adapter without parameters.
struct HalfInput: LinearAdapter {
  func apply<E: Evaluator>(to x: E.Value, base: consuming E.Value, parameters: ParameterSet, evaluator: E) -> E.Value {
    evaluator.add(base, x, scale: 0.5)
  }
}
