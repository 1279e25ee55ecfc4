/// The added tokens of a tokenizer, by id, by text, and as they are found in text.
struct AddedVocabulary: Sendable {
  /// Highest id + 1.
  let size: Int
  /// Looked for in text as given.
  let raw: AddedTokenMatcher
  /// Looked for in normalized text, under their normalized spelling.
  let normalized: AddedTokenMatcher
  private let normalizedSpellings: [Int32: String]
  private let byID: [Int32: AddedToken]
  private let byContent: Vocabulary

  init(_ tokens: [AddedToken], normalizers: [Normalizer]) {
    // Special tokens come first: of two tokens with one spelling the first is found.
    let found = tokens.filter(\.isFoundInText)
    let ordered = found.filter(\.isSpecial) + found.filter { !$0.isSpecial }
    raw = AddedTokenMatcher(ordered.filter { !$0.isNormalized })
    var spellings: [Int32: String] = [:]
    for token in tokens where token.isNormalized {
      var text = NormalizedText(Array(token.content.utf8), startsText: true)
      for normalizer in normalizers { normalizer.apply(to: &text) }
      spellings[token.id] = String(decoding: text.bytes, as: UTF8.self)
    }
    normalizedSpellings = spellings
    normalized = AddedTokenMatcher(ordered.filter(\.isNormalized)) { Array((spellings[$0.id] ?? $0.content).utf8) }
    byID = Dictionary(tokens.map { ($0.id, $0) }) { first, _ in first }
    var contents = Vocabulary()
    for token in tokens { try? contents.add(token.content, id: token.id) }
    byContent = contents
    size = contents.size
  }

  func token(for id: Int32) -> AddedToken? { byID[id] }
  /// What a token decodes to: the spelling under which it is found.
  func text(for id: Int32) -> String? { normalizedSpellings[id] ?? byID[id]?.content }
  func id(of content: String) -> Int32? { byContent.id(of: content) }
  func isSpecial(_ id: Int32) -> Bool { byID[id]?.isSpecial ?? false }

  /// Checks tokens against each other and against the model's vocabulary: one text has one id, and one id one text.
  static func check(_ tokens: [AddedToken], against vocabulary: Vocabulary) throws(TokenizerError) {
    var added = Vocabulary()
    for token in tokens {
      if let id = vocabulary.id(of: token.content), id != token.id {
        throw TokenizerError(
          .invalidContent, "added token '\(token.content)' has id \(token.id), but \(id) in the model's vocabulary")
      }
      if let other = vocabulary.token(for: token.id), !other.utf8.elementsEqual(token.content.utf8) {
        throw TokenizerError(
          .invalidContent, "added token '\(token.content)' has id \(token.id), which is '\(other)' in the vocabulary")
      }
      do throws(Vocabulary.Conflict) {
        try added.add(token.content, id: token.id)
      } catch {
        throw TokenizerError(.invalidContent, error.message(adding: token.content, id: token.id))
      }
    }
  }
}
