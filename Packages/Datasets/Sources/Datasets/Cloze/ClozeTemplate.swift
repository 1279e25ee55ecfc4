/// How a masked language model is asked: a text with a blank, and a word for each label that may fill it.
///
/// The grammar is LM-BFF's: the template is cut at every `*`, and a piece is
///
///     cls  mask  sep  sep+        a special token; after sep+ tokens are of the next text of a pair
///     sent_0                      a sentence, counted from 0
///     +sent_0                     the same after a space
///     sent-_0                     without its last code point: a full stop, mostly
///     sentl_0  sentu_0            with a small or a capital first letter; signs combine: +sentl_1, sentl-_0
///     anything else               text, in which _ stands for a space; of one character it is a token of its own
///
/// References: Gao et al. 2021 (LM-BFF); MeZO (Malladi et al. 2023).
public struct ClozeTemplate: Sendable, Hashable {
  enum Piece: Sendable, Hashable {
    case start
    case mask
    case separator(endsText: Bool)
    case sentence(Int, Change)
    case text(String)
  }

  /// What becomes of a sentence.
  struct Change: Sendable, Hashable {
    var addsSpace = false
    var dropsLast = false
    var firstLetter: Letter?

    enum Letter: Sendable { case small, capital }
  }

  /// As it was given.
  public let text: String
  /// One for each label; each a single token where a space stands before it.
  public let words: [String]
  /// Most tokens of a text; the rest is cut from its end.
  public let maximumLength: Int
  /// Most tokens of the first sentence.
  public let firstSentenceLimit: Int?
  let pieces: [Piece]

  /// How many sentences it takes.
  public var sentenceCount: Int {
    pieces.map { if case .sentence(let place, _) = $0 { place + 1 } else { 0 } }.max() ?? 0
  }

  /// - Throws: `DatasetError.unknownTemplate` for a template without a mask, or with a piece that starts as a sentence
  ///   and is none.
  public init(_ text: String, words: [String], maximumLength: Int = 128, firstSentenceLimit: Int? = nil) throws {
    self.text = text
    self.words = words
    self.maximumLength = maximumLength
    self.firstSentenceLimit = firstSentenceLimit
    pieces = try text.split(separator: "*").map { try Self.piece(String($0), of: text) }
    guard pieces.contains(.mask) else {
      throw DatasetError(.unknownTemplate, "the template '\(text)' has no *mask*: nothing is asked")
    }
  }

  /// A template that is known to be one.
  static func published(
    _ text: String, words: [String], maximumLength: Int = 128, firstSentenceLimit: Int? = nil
  ) -> ClozeTemplate {
    do {
      return try ClozeTemplate(
        text, words: words, maximumLength: maximumLength, firstSentenceLimit: firstSentenceLimit)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private static func piece(_ part: String, of template: String) throws -> Piece {
    switch part {
    case "cls": return .start
    case "mask": return .mask
    case "sep": return .separator(endsText: false)
    case "sep+": return .separator(endsText: true)
    default: break
    }
    var rest = Substring(part), change = Change()
    func take(_ prefix: String) -> Bool {
      guard rest.hasPrefix(prefix) else { return false }
      rest.removeFirst(prefix.count)
      return true
    }
    change.addsSpace = take("+")
    guard take("sent") else { return .text(part.replacing("_", with: " ")) }
    if take("l") { change.firstLetter = .small } else if take("u") { change.firstLetter = .capital }
    change.dropsLast = take("-")
    guard take("_"), let place = Int(rest), 0...9 ~= place else {
      throw DatasetError(
        .unknownTemplate,
        "'\(part)' in the template '\(template)' is no sentence: write sent_0, +sent_1, sent-_0, +sentl_1, ...")
    }
    return .sentence(place, change)
  }
}

extension ClozeTemplate.Change {
  func applied(to sentence: String) -> String {
    var scalars = sentence.unicodeScalars
    if let letter = firstLetter, let first = scalars.popFirstScalar() {
      let mapped = letter == .small ? first.properties.lowercaseMapping : first.properties.uppercaseMapping
      scalars = (mapped + String(scalars)).unicodeScalars
    }
    if dropsLast, !scalars.isEmpty { scalars.removeLast() }
    return (addsSpace ? " " : "") + String(scalars)
  }
}

extension String.UnicodeScalarView {
  fileprivate mutating func popFirstScalar() -> Unicode.Scalar? { isEmpty ? nil : removeFirst() }
}

extension ClozeTemplate {
  /// The cloze for a model of the next token: the text before the blank, and for each word the whole text without
  /// special tokens.
  func wording(of sentences: [String]) -> Wording {
    var before = "", after = "", isAfter = false
    for piece in pieces {
      var text = ""
      switch piece {
      case .start, .separator: continue
      case .mask: isAfter = true
      case .sentence(let place, let change):
        text = sentences.indices.contains(place) ? change.applied(to: sentences[place]) : ""
      case .text(let literal): text = literal
      }
      if isAfter { after += text } else { before += text }
    }
    return Wording(prompt: before, candidates: words.map { "\(before) \($0)\(after)" })
  }
}
