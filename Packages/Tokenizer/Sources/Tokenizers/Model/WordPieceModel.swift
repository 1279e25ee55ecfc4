/// BERT's WordPiece: from left to right the longest token, of which all but a word's first carry a prefix (`##`).
///
/// Follows `WordPiece` of Hugging Face's `tokenizers`: a word that is too long, or for any part of which there is no token,
/// is the unknown token as a whole.
struct WordPieceModel: Sendable {
  let vocabulary: Vocabulary
  let unknownID: Int32?
  private let unknown: Int32
  private let longestWord: Int
  /// Tokens as they are, for the start of a word; those with the prefix, without it, for the rest.
  private let starts: TokenTrie
  private let continuations: TokenTrie

  /// - Parameter longestWord: in scalars.
  init(
    vocabulary: Vocabulary, unknownToken: String, continuingPrefix: String, longestWord: Int
  ) throws(TokenizerError) {
    guard let unknown = vocabulary.id(of: unknownToken) else {
      throw TokenizerError(.invalidContent, "the unknown token '\(unknownToken)' is not in the model's vocabulary")
    }
    self.vocabulary = vocabulary
    self.unknown = unknown
    unknownID = unknown
    self.longestWord = longestWord
    var starts = TokenTrie(), continuations = TokenTrie()
    let prefix = Array(continuingPrefix.utf8)
    for id in vocabulary.allIDs {
      guard let token = vocabulary.bytes(for: id), !token.isEmpty else { continue }
      starts.insert(token, value: id)
      if token.count > prefix.count, token.starts(with: prefix) {
        continuations.insert(token.dropFirst(prefix.count), value: id)
      }
    }
    self.starts = starts
    self.continuations = continuations
  }

  func encode(_ piece: UnsafeBufferPointer<UInt8>, into tokens: inout PieceTokens) {
    let firstID = tokens.ids.count, firstRange = tokens.ranges.count
    if isTooLong(piece) { return tokens.append(unknown, piece.indices) }
    var start = 0
    while start < piece.count {
      guard let (end, id) = (start == 0 ? starts : continuations).longest(in: piece, from: start) else {
        tokens.ids.removeSubrange(firstID...)
        tokens.ranges.removeSubrange(firstRange...)
        return tokens.append(unknown, piece.indices)
      }
      tokens.append(id, start..<end)
      start = end
    }
  }

  private func isTooLong(_ piece: UnsafeBufferPointer<UInt8>) -> Bool {
    if piece.count <= longestWord { return false }
    var count = 0
    for byte in piece where byte & 0xC0 != 0x80 { count += 1 }
    return count > longestWord
  }
}

/// A vocabulary of whole pieces.
struct WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  let unknownID: Int32?
  private let unknown: Int32

  init(vocabulary: Vocabulary, unknownToken: String) throws(TokenizerError) {
    guard let unknown = vocabulary.id(of: unknownToken) else {
      throw TokenizerError(.invalidContent, "the unknown token '\(unknownToken)' is not in the model's vocabulary")
    }
    self.vocabulary = vocabulary
    self.unknown = unknown
    unknownID = unknown
  }

  func encode(_ piece: UnsafeBufferPointer<UInt8>, into tokens: inout PieceTokens) {
    tokens.append(vocabulary.id(of: piece) ?? unknown, piece.indices)
  }
}
