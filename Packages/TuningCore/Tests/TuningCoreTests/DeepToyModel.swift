import TensorCore
import TuningCore

/// `count` blocks of attention and a feed-forward layer, with a final norm and a tied table: norms before the sums, or
/// after them.
struct DeepToyModel: LanguageModel {
  let vocabularySize = 30
  let maximumLength = 40
  let blockCount: Int
  var normsAfter = false
  let cacheShape: (layers: Int, width: Int)? = nil
  let head: OutputHead? = OutputHead(.nextToken, table: "embed", bias: "head.bias", count: 30)
  private let heads = AttentionHeads(queries: 2, groups: 2, dimension: 4)

  init(blocks: Int, normsAfter: Bool = false) {
    blockCount = blocks
    self.normsAfter = normsAfter
  }

  func state() throws -> ModelState {
    var dice = Dice(5), set = ParameterSet()
    set.append(try dice.parameter("embed", [30, 8], role: .embedding))
    for block in 0..<blockCount {
      for (name, shape, role) in [
        ("norm1", [8], ParameterRole.norm), ("q", [8, 8], .linear), ("q.bias", [8], .bias), ("o", [8, 8], .linear),
        ("norm2", [8], .norm), ("up", [12, 8], .linear), ("down", [8, 12], .linear),
      ] {
        set.append(try dice.parameter(ParameterPath("\(block).\(name)"), shape, role: role))
      }
    }
    set.append(try dice.parameter("norm", [8], role: .norm))
    set.append(try dice.parameter("head.bias", [30], role: .bias))
    set.append(try dice.parameter("unread", [3]))
    return ModelState(parameters: set)
  }

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context.tokens, table: state.parameters.require("embed"))
  }

  func block<E: Evaluator>(
    _ index: Int, _ x: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    func path(_ name: String) -> ParameterPath { ParameterPath("\(index).\(name)") }
    func normed(_ x: E.Value, _ name: String, _ applies: Bool) -> E.Value {
      applies ? evaluator.rmsNorm(x, weight: state.parameters.require(path(name)), epsilon: 1e-5) : x
    }
    let input = normed(x, "norm1", !normsAfter)
    let queries = evaluator.linear(input, path("q"), bias: path("q.bias"), in: state)
    let attended = evaluator.attention(
      queries: queries, keys: input, values: input, heads: heads, pattern: .causal(), layout: context.layout,
      cache: cache)
    var hidden = evaluator.add(consume x, evaluator.linear(attended, path("o"), in: state), scale: 1)
    hidden = normed(hidden, "norm1", normsAfter)
    let up = evaluator.activate(.silu, evaluator.linear(normed(hidden, "norm2", !normsAfter), path("up"), in: state))
    hidden = evaluator.add(consume hidden, evaluator.linear(up, path("down"), in: state), scale: 1)
    hidden = normed(hidden, "norm2", normsAfter)
    return rows.map { evaluator.gather(hidden, rows: $0) } ?? hidden
  }

  func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    evaluator.rmsNorm(hidden, weight: state.parameters.require("norm"), epsilon: 1e-5)
  }

  static func batch() throws -> PackedBatch {
    try PackedBatch([
      ScoringRequest(prompt: [3, 14, 15, 9], continuations: [[9], [26, 5]], gold: 1),
      ScoringRequest(prompt: [1], continuations: [[29, 4, 4], [2]], gold: 0),
    ])
  }
}

/// x Wᵀ of the adapter's own, added to the layer's output.
struct ToyAdapter: LinearAdapter {
  let weight: ParameterPath

  func apply<E: Evaluator>(to x: E.Value, base: consuming E.Value, parameters: ParameterSet, evaluator: E) -> E.Value {
    evaluator.add(base, evaluator.linear(x, weight: parameters.require(weight), bias: nil), scale: 1)
  }
}
