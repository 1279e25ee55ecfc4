import Tokenizers
import TuningCore

/// Turns sentences into a text with a blank, as LM-BFF and MeZO do for RoBERTa and BERT.
///
/// Each piece of the template is tokenised alone; a text of too many tokens loses its end, and the mask must survive.
public struct ClozeEncoder: Sendable {
  private let tokenizer: Tokenizer
  private let template: ClozeTemplate
  private let special: SpecialTokens
  private let mask: Int32
  private let tellsTextsApart: Bool
  /// In tokens; the rest is cut from a text's end.
  public let maximumLength: Int
  /// A token for each label.
  public let words: [Int32]

  /// - Parameters:
  ///   - maximumLength: most tokens of a text, where the template allows more.
  ///   - tokenTypeCount: how many texts of a pair the model tells apart.
  /// - Throws: `DatasetError.unscorableExample` where the tokenizer has no mask, no tokens around a text, or no single
  ///   token for a label's word after a space.
  public init(
    tokenizer: Tokenizer, template: ClozeTemplate, maximumLength: Int = .max, tokenTypeCount: Int = 1
  ) throws {
    self.tokenizer = tokenizer
    self.maximumLength = min(maximumLength, template.maximumLength)
    self.template = template
    special = try SpecialTokens(tokenizer)
    tellsTextsApart = tokenTypeCount > 1
    guard let mask = tokenizer.mask else {
      throw DatasetError(.unscorableExample, "the tokenizer has no mask token: a cloze needs a masked language model's")
    }
    self.mask = mask
    words = try template.words.map { word in
      let ids = tokenizer.encode(" " + word, addingSpecialTokens: false)
      guard ids.count == 1 else {
        throw DatasetError(
          .unscorableExample,
          "the label word '\(word)' is \(ids.count) tokens (after a space); a blank takes one: choose another word")
      }
      return ids[0]
    }
  }

  /// The text that asks for the label of `example`, and how many tokens were cut off for it.
  ///
  /// - Throws: `DatasetError.unscorableExample` for an example with too few sentences, or whose mask is cut off.
  public func encode(_ example: TaskExample) throws -> (request: ClozeRequest, droppedTokens: Int) {
    guard let gold = example.golds.first, words.indices.contains(gold),
      example.sentences.count >= template.sentenceCount
    else {
      throw DatasetError(
        .unscorableExample,
        "\(example.origin): \(example.sentences.count) sentences and labels \(example.golds) for a cloze of "
          + "\(template.sentenceCount) sentences and \(words.count) words")
    }
    var tokens: [Int32] = [], types: [Int32] = [], text: Int32 = 0, blank: Int?, dropped = 0
    for piece in template.pieces {
      let whole = ids(of: piece, example.sentences), ids = whole.prefix(limit(of: piece))
      dropped += whole.count - ids.count
      // A sentence may spell the mask's token too.
      if piece == .mask, blank == nil { blank = tokens.count }
      tokens += ids
      types += [Int32](repeating: text, count: ids.count)
      if piece == .separator(endsText: true) { text += 1 }
    }
    let kept = tokens.prefix(maximumLength)
    guard let blank, blank < kept.count else {
      throw DatasetError(
        .unscorableExample,
        "\(example.origin): the blank is cut off: the text has \(tokens.count) tokens, and \(maximumLength) are "
          + "kept")
    }
    let keptTypes = types.prefix(maximumLength)
    let request = ClozeRequest(
      tokens: Array(kept), tokenTypes: tellsTextsApart && keptTypes.contains { $0 > 0 } ? Array(keptTypes) : nil,
      blanks: [blank], candidates: words.map { [$0] }, gold: gold)
    return (request, dropped + tokens.count - kept.count)
  }

  /// Most tokens of a piece.
  private func limit(of piece: ClozeTemplate.Piece) -> Int {
    if case .sentence(0, _) = piece { template.firstSentenceLimit ?? .max } else { .max }
  }

  private func ids(of piece: ClozeTemplate.Piece, _ sentences: [String]) -> [Int32] {
    switch piece {
    case .start: return [special.start]
    case .mask: return [mask]
    case .separator: return [special.separator]
    case .sentence(let place, let change):
      return tokenizer.encode(change.applied(to: sentences[place]), addingSpecialTokens: false)
    case .text(let text):
      if text.unicodeScalars.count == 1, let id = tokenizer.id(of: text) { return [id] }
      return tokenizer.encode(text, addingSpecialTokens: false)
    }
  }
}

/// Turns sentences into a text whose first token's label is asked: fine-tuning without a prompt.
public struct LabelEncoder: Sendable {
  private let tokenizer: Tokenizer
  private let special: SpecialTokens
  private let tellsTextsApart: Bool
  /// The head's row of each label.
  public let rows: [Int32]
  /// In tokens; the rest is cut from a text's end.
  public let maximumLength: Int

  /// - Parameters:
  ///   - rows: of the head, one for each label.
  ///   - tokenTypeCount: how many texts of a pair the model tells apart.
  /// - Throws: `DatasetError.unscorableExample` where the tokenizer puts no tokens around a text.
  public init(tokenizer: Tokenizer, rows: [Int], maximumLength: Int = 128, tokenTypeCount: Int = 1) throws {
    self.tokenizer = tokenizer
    self.rows = rows.map(Int32.init)
    self.maximumLength = maximumLength
    special = try SpecialTokens(tokenizer)
    tellsTextsApart = tokenTypeCount > 1
  }

  /// The sentences of `example`, each with a separator after it, and how many tokens were cut off for it.
  ///
  /// - Throws: `DatasetError.unscorableExample` for an example without sentences, or with a label that is not there.
  public func encode(_ example: TaskExample) throws -> (request: LabelRequest, droppedTokens: Int) {
    guard let gold = example.golds.first, rows.indices ~= gold, !example.sentences.isEmpty else {
      throw DatasetError(
        .unscorableExample,
        "\(example.origin): \(example.sentences.count) sentences and labels \(example.golds), where \(rows.count) labels are"
      )
    }
    var tokens = [special.start], types: [Int32] = [0]
    for (place, sentence) in example.sentences.enumerated() {
      let ids = tokenizer.encode(sentence, addingSpecialTokens: false) + [special.separator]
      tokens += ids
      types += [Int32](repeating: Int32(place), count: ids.count)
    }
    let kept = tokens.prefix(maximumLength), keptTypes = types.prefix(maximumLength)
    let request = LabelRequest(
      tokens: Array(kept), tokenTypes: tellsTextsApart && keptTypes.contains { $0 > 0 } ? Array(keptTypes) : nil,
      rows: rows, gold: gold)
    return (request, tokens.count - kept.count)
  }
}

/// The tokens that a masked language model's tokenizer puts around a text: [CLS] and [SEP] or <s> and </s>.
struct SpecialTokens: Sendable {
  let start: Int32
  let separator: Int32

  /// - Throws: `DatasetError.unscorableExample` where it puts none.
  init(_ tokenizer: Tokenizer) throws {
    let ids = tokenizer.encode("")
    guard ids.count >= 2, let first = ids.first, let last = ids.last else {
      throw DatasetError(
        .unscorableExample,
        "the tokenizer puts \(ids.count) tokens around a text where a masked language model's puts two")
    }
    (start, separator) = (first, last)
  }
}
