import Foundation
import TensorCore
import TuningCore

/// A bigram model of four tokens: the logit of `next` after `token` is `logits[token][next]`. Token 4 has no logits but
/// NaN.
struct ToyModel: LanguageModel {
  let vocabularySize = 5
  let maximumLength = 2000
  let blockCount = 0
  let cacheShape: (layers: Int, width: Int)? = (layers: 0, width: 1)
  let head: OutputHead? = OutputHead(.nextToken, table: "output", count: 5)

  static let logits: [[Float]] = [
    [0, 1, -1, 0.5, -9], [2, 0, 0.25, -0.5, -9], [-1, 0.75, 0, 1.5, -9], [0.125, -2, 1, 0, -9],
  ]

  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context.tokens, table: state.parameters.require("input"))
  }

  func block<E: Evaluator>(
    _ index: Int, _ hidden: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value { hidden }

  /// Rows of the input table are a token's logits, the output table is the identity.
  static func state() throws -> ModelState {
    var set = ParameterSet()
    let input = logits.flatMap { $0 } + [Float](repeating: .nan, count: 5)
    set.append(
      Parameter(path: "input", tensor: try Tensor(input, shape: [5, 5]), role: .embedding, isTrainable: true))
    let identity = (0..<25).map { Float($0 % 6 == 0 ? 1 : 0) }
    set.append(Parameter(path: "output", tensor: try Tensor(identity, shape: [5, 5]), role: .linear))
    return ModelState(parameters: set)
  }

  static func oracle() throws -> EagerOracle {
    EagerOracle(model: ToyModel(), state: try state(), objective: .classification, threads: Threads(1))
  }

  /// ln p(next | token), in double.
  static func logProbability(_ next: Int32, after token: Int32) -> Double {
    let row = logits[Int(token)].map(Double.init)
    return row[Int(next)] - log(row.reduce(0) { $0 + exp($1) })
  }

  /// Mean ln p of a continuation's tokens after a prompt that ends in `last`.
  static func score(_ continuation: [Int32], after last: Int32) -> Double {
    let steps = zip([last] + continuation, continuation)
    return steps.reduce(0) { $0 + logProbability($1.1, after: $1.0) } / Double(continuation.count)
  }
}
