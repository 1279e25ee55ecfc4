import TensorCore
import TuningCore

extension LanguageModel {
  /// Logits x Wᵀ + b of one sequence, of all rows or of `rows` in their order: [rows, V], or [rows, labels].
  ///
  /// - Throws: `ModelError.invalidRequest` for a model without a head, tokens outside the vocabulary, rows that are not there, or a sequence
  ///   that is empty or longer than the model.
  public func logits<E: Evaluator>(
    of tokens: [Int32], rows: [Int]? = nil, state: ModelState, cache: KeyValueCache? = nil, evaluator: E
  ) throws -> E.Value {
    guard let head else { throw ModelError(.invalidRequest, "the model ends with hidden states: it has no logits") }
    let start = cache?.count ?? 0
    guard !tokens.isEmpty else { throw ModelError(.invalidRequest, "no tokens to compute logits of") }
    if let bad = tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) {
      throw ModelError(
        .invalidRequest,
        "token id \(bad) is outside the model's vocabulary of \(vocabularySize): the tokenizer belongs to another model"
      )
    }
    guard start + tokens.count <= maximumLength else {
      throw ModelError(
        .invalidRequest, "\(start + tokens.count) tokens are more than the model's \(maximumLength): shorten the text")
    }
    if let bad = rows?.first(where: { !tokens.indices.contains($0) }) {
      throw ModelError(.invalidRequest, "position \(bad) is asked for, but there are \(tokens.count) tokens")
    }
    let hidden = hiddenStates(
      of: tokens, layout: SequenceLayout(sequenceOf: tokens.count, startingAt: start), rows: rows, state: state,
      cache: cache, evaluator: evaluator)
    return evaluator.linear(
      headInput(hidden, state: state, evaluator: evaluator), weight: state.parameters.require(head.table),
      bias: head.bias.map { state.parameters.require($0) })
  }
}
