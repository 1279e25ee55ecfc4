import TensorCore
import TuningCore

extension LanguageModel {
  /// Logits x Wᵀ + b of one sequence: [rows, V], of all rows or of `rows` in their order; [1, labels] for a model that
  /// gives labels.
  ///
  /// - Parameter tokenTypes: which of a pair of texts each token belongs to; nil: all to the first.
  /// - Throws: `ModelError.invalidRequest` for a model without a head, tokens outside the vocabulary, rows that are not
  ///   there, or a sequence that is empty or longer than the model.
  public func logits<E: Evaluator>(
    of tokens: [Int32], tokenTypes: [Int32]? = nil, rows: [Int]? = nil, state: ModelState,
    cache: KeyValueCache? = nil, evaluator: E
  ) throws -> E.Value {
    guard let head else { throw ModelError(.invalidRequest, "the model ends with hidden states: it has no logits") }
    var layout = SequenceLayout(sequenceOf: tokens.count, startingAt: cache?.textCount ?? 0)
    layout.tokenTypes = tokenTypes
    try check(tokens, layout, in: state)
    let rows = rows ?? (head.prediction == .label ? [0] : nil)
    if let bad = rows?.first(where: { !tokens.indices.contains($0) }) {
      throw ModelError(.invalidRequest, "position \(bad) is asked for, but there are \(tokens.count) tokens")
    }
    let hidden = hiddenStates(
      of: tokens, layout: layout, rows: rows, state: state, cache: cache, evaluator: evaluator)
    return try logits(ofHidden: hidden, state: state, evaluator: evaluator)
  }

  /// Logits x Wᵀ + b of final hidden states, row by row: [T, C] → [T, V], or [T, labels].
  ///
  /// - Throws: `ModelError.invalidRequest` for a model without a head.
  public func logits<E: Evaluator>(
    ofHidden hidden: consuming E.Value, state: ModelState, evaluator: E
  ) throws -> E.Value {
    guard let head = head(in: state) else {
      throw ModelError(.invalidRequest, "the model ends with hidden states: it has no logits")
    }
    return evaluator.linear(
      headInput(hidden, state: state, evaluator: evaluator), weight: state.parameters.require(head.table),
      bias: head.bias.map { state.parameters.require($0) })
  }

  /// - Throws: `ModelError.invalidRequest` for what no row of the model's tables stands for.
  func check(_ tokens: [Int32], _ layout: SequenceLayout, in state: ModelState? = nil) throws {
    guard !tokens.isEmpty else { throw ModelError(.invalidRequest, "there are no tokens") }
    if let bad = tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) {
      throw ModelError(
        .invalidRequest,
        "token id \(bad) is outside the model's vocabulary of \(vocabularySize): the tokenizer belongs to another model"
      )
    }
    let length = Int(layout.positions.max() ?? 0) + 1, shift = state?.positionShift ?? 0
    guard length <= maximumLength - shift else {
      let virtual = shift > 0 ? " with the scheme's \(shift) before them" : ""
      throw ModelError(
        .invalidRequest, "\(length) tokens\(virtual) are more than the model's \(maximumLength): shorten the text")
    }
    guard let types = layout.tokenTypes else { return }
    guard types.count == tokens.count else {
      throw ModelError(.invalidRequest, "\(types.count) token types for \(tokens.count) tokens")
    }
    if let bad = types.first(where: { $0 < 0 || $0 >= tokenTypeCount }) {
      throw ModelError(.invalidRequest, "token type \(bad) is not one of the model's \(tokenTypeCount), from 0 on")
    }
  }
}
