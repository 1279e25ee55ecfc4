import Foundation

extension Tokenizer {
  /// Reads a SentencePiece `.model` file: unigram or byte-pair encoding.
  ///
  /// The ids are those of SentencePiece's own `EncodeAsIds`: the file's normalization and nothing around the text.
  /// Control tokens (`<s>`) that are written out in a text are text. How `transformers` reads such a file depends on the
  /// model it belongs to; `init(folder:)` does that.
  public init(sentencePiece file: URL) throws {
    self.init(try SentencePieceModel(contentsOf: file).parts())
  }
}

extension SentencePieceModel {
  fileprivate func parts() throws -> TokenizerParts {
    if marksWordEnds { throw unsupported("a model that marks the ends of words (treat_whitespace_as_suffix)") }
    let vocabulary = try vocabulary()
    var parts = TokenizerParts(model: try located { () throws(TokenizerError) in try model(vocabulary) })
    parts.normalizers = [.sentencePiece(try located { () throws(TokenizerError) in try normalizer() })]
    if kind == .bytePair, !userSymbols.isEmpty { parts.preTokenizers = [.symbols(userSymbols)] }
    parts.decoders =
      [.replace(.text(BytePairModel.metaspace), with: [UInt8(ascii: " ")]), .byteFallback, .fuse]
      + (addsDummyPrefix ? [.strip(" ", start: 1, stop: 0)] : [])
    parts.addedTokens = addedTokens.filter(\.isSpecial).map { token in
      var token = token
      token.isFoundInText = false
      return token
    }
    parts.roles = SpecialTokenRoles(
      beginningOfSequence: role(beginID), endOfSequence: role(endID), padding: role(paddingID),
      unknown: role(unknownID))
    return parts
  }

  private func role(_ id: Int) -> Int32? { pieces.indices.contains(id) ? Int32(id) : nil }

  private func located<Result>(_ body: () throws(TokenizerError) -> Result) throws -> Result {
    do throws(TokenizerError) {
      return try body()
    } catch {
      throw TokenizerError(error.code, error.message, file: file)
    }
  }

  private var userSymbols: TokenTrie {
    var trie = TokenTrie()
    for (id, piece) in pieces.enumerated() where piece.type == .userDefined && !piece.text.isEmpty {
      trie.insert(piece.text.utf8, value: Int32(id))
    }
    return trie
  }

  private func normalizer() throws(TokenizerError) -> SentencePieceNormalizer {
    SentencePieceNormalizer(
      map: charsmap.isEmpty ? nil : try CharacterMap(Array(charsmap)), userSymbols: userSymbols,
      addsDummyPrefix: addsDummyPrefix, removesExtraSpaces: removesExtraSpaces, escapesSpaces: escapesSpaces)
  }

  private func model(_ vocabulary: Vocabulary) throws(TokenizerError) -> TokenModel {
    switch kind {
    case .unigram: return .unigram(try unigram(vocabulary))
    case .bytePair: return .bytePair(try bytePair(vocabulary))
    case .word, .character: throw unsupported("a model of type \(kind); this version reads unigram and bytePair")
    }
  }

  private func unigram(_ vocabulary: Vocabulary) throws(TokenizerError) -> UnigramModel {
    let normal = pieces.filter { $0.type == .normal }.map { Double($0.score) }
    let highest = normal.max() ?? 0
    let scores = pieces.map { piece in
      // A user-defined symbol scores so high that it is always taken.
      piece.type == .userDefined ? Double(piece.text.utf8.count) * highest - 0.1 : Double(piece.score)
    }
    return try UnigramModel(
      vocabulary: vocabulary, scores: scores, unknown: Int32(unknownID), byteFallback: byteFallback,
      lowestScore: normal.min(), singlePrecision: true
    ) { id in
      let type = pieces[Int(id)].type
      return type == .normal || type == .userDefined
    }
  }

  private func bytePair(_ vocabulary: Vocabulary) throws(TokenizerError) -> BytePairModel {
    guard !pieces.contains(where: { $0.type == .unused }) else {
      throw unsupported("byte-pair encoding with unused pieces")
    }
    var options = BytePairModel.Options()
    options.unknownToken = pieces[unknownID].text
    options.fusesUnknown = true
    options.byteFallback = byteFallback
    options.wholeTokens = Set(pieces.indices.filter { pieces[$0].type == .userDefined }.map { Int32($0) })
    let ranks = MergeTable.ranks(ofScores: pieces.map(\.score))
    let merges = MergeTable(joining: vocabulary, rank: { ranks[Int($0)] }) { pieces[Int($0)].type == .normal }
    return try BytePairModel(vocabulary: vocabulary, merges: merges, options: options)
  }
}

extension MergeTable {
  /// For each score how many distinct ones are higher.
  static func ranks(ofScores scores: [Float]) -> [UInt32] {
    var ranks = [UInt32](repeating: 0, count: scores.count)
    var rank: UInt32 = 0
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    for (place, index) in order.enumerated() {
      if place > 0, scores[index] != scores[order[place - 1]] { rank += 1 }
      ranks[index] = rank
    }
    return ranks
  }
}
