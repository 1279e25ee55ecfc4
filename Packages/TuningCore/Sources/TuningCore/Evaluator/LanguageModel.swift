import TensorCore

/// A language model, defined once over the operations of `Evaluator`: an embedding, blocks one after the other, and an
/// end. What lies between two blocks is [T, C], so whoever trains only a part need compute no more than that part.
public protocol LanguageModel: Sendable {
  /// Number of token ids, V.
  var vocabularySize: Int { get }
  /// Most tokens in a sequence.
  var maximumLength: Int { get }
  /// How many texts of a pair or tuple the model tells apart by token types; 1 where it knows none.
  var tokenTypeCount: Int { get }
  /// Number of blocks.
  var blockCount: Int { get }
  /// Number of attention layers, one a block, and the width G·D of their keys: what a cache is made for. Nil for a model
  /// without attention.
  var cacheShape: (layers: Int, width: Int)? { get }
  /// Path of the token embeddings [V, C]; nil (the default) for a model before whose tokens no others can stand.
  var tokenTable: ParameterPath? { get }
  /// Where the head's table lies in a model that does not share it with the embedding; nil (the default) where it is
  /// always or never shared.
  var untiedTable: ParameterPath? { get }
  /// What turns hidden states into probabilities; nil for a model that ends with hidden states.
  var head: OutputHead? { get }

  /// What the blocks share: positions, their angles.
  func context(of tokens: [Int32], layout: SequenceLayout) -> SequenceContext

  /// The position of every column of a padded row, as the model's reference implementation counts them; only those of
  /// columns in `mask` are used. By default those are counted alone, from 0.
  func positions(ofPadded tokens: [Int32], mask: [Bool]) -> [Int32]

  /// The first block's input: [T, C].
  func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value

  /// Block `index`: [T, C] → [T, C], or only `rows` of it where given: then it computes no more than they need.
  func block<E: Evaluator>(
    _ index: Int, _ hidden: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value

  /// Final hidden states from the last block's output: a last norm, a projection; by row.
  func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value

  /// What the head's table is multiplied by, from final hidden states; by row.
  func headInput<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value
}

/// The end of a model: log softmax(x Wᵀ + b) over tokens or over labels.
public struct OutputHead: Sendable, Equatable {
  /// Whose probabilities a row gives, and so which row is asked.
  public enum Prediction: String, Sendable {
    /// Of the token after it.
    case nextToken
    /// Of the token in its own place, hidden by a mask.
    case maskedToken
    /// Of the sequence's label; the sequence's first row is asked.
    case label
  }

  public var prediction: Prediction
  /// Path of W [V or labels, C]; the embedding's own where they are tied.
  public var table: ParameterPath
  /// Path of b [V or labels].
  public var bias: ParameterPath?
  /// Number of tokens or labels to tell apart.
  public var count: Int
  /// What the model calls its labels, by row; empty where they have no names.
  public var labels: [String] = []

  public init(_ prediction: Prediction, table: ParameterPath, bias: ParameterPath? = nil, count: Int) {
    self.prediction = prediction
    self.table = table
    self.bias = bias
    self.count = count
  }

  /// A head that labels sequences.
  public init(labels: [String], table: ParameterPath, bias: ParameterPath? = nil) {
    self.init(.label, table: table, bias: bias, count: labels.count)
    self.labels = labels
  }
}

extension LanguageModel {
  public var tokenTypeCount: Int { 1 }
  public var tokenTable: ParameterPath? { nil }
  public var untiedTable: ParameterPath? { nil }

  /// The head, reading the table that a scheme put in the place of its own, if any.
  public func head(in state: ModelState) -> OutputHead? {
    guard var head else { return nil }
    if let table = state.outputTable { head.table = table }
    return head
  }

  public func positions(ofPadded tokens: [Int32], mask: [Bool]) -> [Int32] {
    var next: Int32 = 0
    return mask.map { isKept in
      defer { if isKept { next += 1 } }
      return next
    }
  }

  public func context(of tokens: [Int32], layout: SequenceLayout) -> SequenceContext {
    SequenceContext(tokens: tokens, layout: layout)
  }

  public func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value { hidden }

  public func headInput<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    hidden
  }

  /// Final hidden states: [T, C], or only of `rows` where given: then the last block computes no more than they need.
  public func hiddenStates<E: Evaluator>(
    of tokens: [Int32], layout: SequenceLayout, rows: [Int]? = nil, state: ModelState, cache: KeyValueCache? = nil,
    evaluator: E
  ) -> E.Value {
    let (context, rows) = context(of: tokens, layout: layout, rows: rows, state: state, cache: cache)
    var hidden = embed(context, state: state, evaluator: evaluator)
    for index in 0..<blockCount {
      hidden = block(
        index, consume hidden, rows: index == blockCount - 1 ? rows : nil, context: context, state: state,
        cache: cache?.layers[index], evaluator: evaluator)
    }
    if blockCount == 0, let rows { hidden = evaluator.gather(hidden, rows: rows) }
    return finish(consume hidden, state: state, evaluator: evaluator)
  }

  /// Log-probabilities of a batch's targets: [targets, 1]. The table is read once, only rows that are asked for take part.
  public func logProbabilities<E: Evaluator>(of batch: PackedBatch, state: ModelState, evaluator: E) -> E.Value {
    let forward = StagedForward(of: batch, model: self, state: state)
    return forward.logProbabilities(
      forward.hidden(enteringStage: blockCount + 1, evaluator: evaluator), evaluator: evaluator)
  }

  /// Checks that a batch's tokens are in the vocabulary, its sequences, with what a scheme puts before them, not longer
  /// than the model, and what it asks for is what the model's head gives.
  ///
  /// - Throws: `TuningError.invalidBatch`.
  public func validate(_ batch: PackedBatch, in state: ModelState) throws {
    guard let head else {
      throw TuningError(.invalidBatch, "the model ends with hidden states: it has no head that could be asked")
    }
    guard batch.prediction == head.prediction else {
      throw TuningError(
        .invalidBatch,
        "the batch asks for \(batch.prediction.rawValue) probabilities, the model's head gives \(head.prediction.rawValue)"
      )
    }
    let asksTokens = head.prediction != .label
    let ids = batch.tokens + (asksTokens ? batch.targets.map(\.token) : [])
    if let bad = ids.first(where: { $0 < 0 || $0 >= vocabularySize }) {
      throw TuningError(
        .invalidBatch,
        "token id \(bad) is outside the model's vocabulary of \(vocabularySize): the tokenizer belongs to another model"
      )
    }
    if !asksTokens, let bad = batch.targets.first(where: { $0.token < 0 || $0.token >= head.count }) {
      throw TuningError(.invalidBatch, "the batch asks for label \(bad.token), the model's head has \(head.count)")
    }
    if let bad = batch.layout.tokenTypes?.first(where: { $0 < 0 || $0 >= tokenTypeCount }) {
      throw TuningError(.invalidBatch, "token type \(bad) is not one of the model's \(tokenTypeCount), from 0 on")
    }
    let longest = batch.longestSequence
    guard longest <= maximumLength - state.positionShift else {
      let virtual = state.positionShift > 0 ? " with the scheme's \(state.positionShift) before it" : ""
      throw TuningError(
        .invalidBatch,
        "a sequence of \(longest) tokens\(virtual) is longer than the model's \(maximumLength): lower max_length")
    }
  }
}
