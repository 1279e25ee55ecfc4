/// A causal language model, defined once over the operations of `Evaluator`.
public protocol LanguageModel: Sendable {
  /// Number of token ids, V.
  var vocabularySize: Int { get }
  /// Most tokens in a sequence.
  var maximumLength: Int { get }
  /// Number of attention layers, and the width G·D of their keys: what a cache is made for.
  var cacheShape: (layers: Int, width: Int) { get }
  /// Path of the [V, C] table that turns final hidden states into logits; the embedding's own where they are tied.
  var outputTable: ParameterPath { get }

  /// Final hidden states, after the last norm: [T, C], or only of `rows` where given: then the last layer computes no
  /// more than those rows need.
  func hiddenStates<E: Evaluator>(
    of tokens: [Int32], layout: SequenceLayout, rows: [Int]?, state: ModelState, cache: KeyValueCache?, evaluator: E
  ) -> E.Value
}

extension LanguageModel {
  /// Log-probabilities of a batch's targets: [targets, 1]. The table is read once, only rows that are asked for take part.
  public func logProbabilities<E: Evaluator>(of batch: PackedBatch, state: ModelState, evaluator: E) -> E.Value {
    var rows: [Int] = []
    var position: [Int: Int] = [:]
    let targets = batch.targets.map { target in
      if position[target.row] == nil {
        position[target.row] = rows.count
        rows.append(target.row)
      }
      return PackedBatch.Target(row: position[target.row]!, token: target.token)
    }
    let hidden = hiddenStates(
      of: batch.tokens, layout: batch.layout, rows: rows, state: state, cache: nil, evaluator: evaluator)
    return evaluator.logProbabilities(hidden, table: state.parameters.require(outputTable), targets: targets)
  }

  /// Checks that a batch's tokens are in the vocabulary and its sequences not longer than the model.
  ///
  /// - Throws: `TuningError.invalidBatch`.
  public func validate(_ batch: PackedBatch) throws {
    if let bad = (batch.tokens + batch.targets.map(\.token)).first(where: { $0 < 0 || $0 >= vocabularySize }) {
      throw TuningError(
        .invalidBatch,
        "token id \(bad) is outside the model's vocabulary of \(vocabularySize): the tokenizer belongs to another model"
      )
    }
    guard batch.longestSequence <= maximumLength else {
      throw TuningError(
        .invalidBatch,
        "a sequence of \(batch.longestSequence) tokens is longer than the model's \(maximumLength): lower max_length")
    }
  }
}
