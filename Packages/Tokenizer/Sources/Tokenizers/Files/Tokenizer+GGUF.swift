extension Tokenizer {
  /// Makes a tokenizer from the vocabulary in a GGUF file.
  ///
  /// Byte-level BPE (`gpt2`), with the splitting rules named in the error for an unknown one, and SentencePiece's
  /// byte-pair encoding (`llama`). The ids are those of the tokenizer.json that the file was converted from; where such a
  /// file tells less than tokenizer.json does (which added tokens strip white space), llama.cpp's reading of it is
  /// followed.
  public init(gguf: GGUFVocabulary) throws {
    let vocabulary = try Self.vocabulary(of: gguf)
    var parts: TokenizerParts
    var addsBeginning = gguf.addsBeginningOfSequence
    switch gguf.model {
    case "gpt2":
      let rule = try GGUFSplittingRule(named: gguf.pre)
      parts = try Self.byteLevelParts(of: gguf, vocabulary, rule)
      addsBeginning = addsBeginning ?? rule.addsBeginningOfSequence
    case "llama":
      parts = try Self.sentencePieceParts(of: gguf, vocabulary)
      addsBeginning = addsBeginning ?? true
    default:
      throw TokenizerError(
        .unsupportedComponent,
        "GGUF tokenizer model '\(gguf.model)'; this version reads 'gpt2' (byte-level BPE) and 'llama' (SentencePiece)")
    }
    parts.addedTokens = try Self.addedTokens(of: gguf)
    parts.roles = try Self.roles(of: gguf)
    parts.chatTemplate = gguf.chatTemplate
    parts.template.surround(
      leading: try Self.added(addsBeginning, parts.roles.beginningOfSequence, "BOS before", "bos_token_id"),
      trailing: try Self.added(gguf.addsEndOfSequence, parts.roles.endOfSequence, "EOS after", "eos_token_id"))
    self.init(parts)
  }

  private static func added(_ adds: Bool?, _ id: Int32?, _ what: String, _ key: String) throws -> [Int32] {
    guard adds ?? false else { return [] }
    guard let id else {
      throw TokenizerError(.invalidContent, "the vocabulary asks for \(what) a text but names no \(key)")
    }
    return [id]
  }

  private static func byteLevelParts(
    of gguf: GGUFVocabulary, _ vocabulary: Vocabulary, _ rule: GGUFSplittingRule
  ) throws -> TokenizerParts {
    var merges = MergeTable(capacity: gguf.merges.count)
    for (rank, merge) in gguf.merges.enumerated() {
      let tokens = merge.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
      guard tokens.count == 2 else {
        throw TokenizerError(
          .invalidContent, "merge \(rank) ('\(merge)') is not two tokens with one space between them")
      }
      try merges.add(String(tokens[0]), String(tokens[1]), rank: rank, vocabulary)
    }
    var options = BytePairModel.Options()
    options.ignoresMerges = rule.ignoresMerges
    var parts = TokenizerParts(
      model: .bytePair(try BytePairModel(vocabulary: vocabulary, merges: merges, options: options)))
    parts.normalizers = rule.normalizers
    parts.preTokenizers = rule.steps
    parts.decoders = [.byteLevel]
    return parts
  }

  private static func sentencePieceParts(
    of gguf: GGUFVocabulary, _ vocabulary: Vocabulary
  ) throws -> TokenizerParts {
    guard let scores = gguf.scores, scores.count == gguf.tokens.count else {
      throw TokenizerError(
        .invalidContent, "\(gguf.tokens.count) tokens but \(gguf.scores?.count ?? 0) scores, which 'llama' needs")
    }
    var options = BytePairModel.Options()
    options.unknownToken = gguf.unknown.flatMap { vocabulary.token(for: $0) }
    options.fusesUnknown = true
    options.byteFallback = true
    let ranks = MergeTable.ranks(ofScores: scores)
    let merges = MergeTable(joining: vocabulary, rank: { ranks[Int($0)] }) { (gguf.tokenTypes?[Int($0)] ?? 1) == 1 }
    var parts = TokenizerParts(
      model: .bytePair(try BytePairModel(vocabulary: vocabulary, merges: merges, options: options)))
    let addsPrefix = gguf.addsSpacePrefix ?? true
    parts.normalizers =
      (addsPrefix ? [.prepend(BytePairModel.metaspace)] : [])
      + [.replace(.text([UInt8(ascii: " ")]), with: BytePairModel.metaspace)]
    parts.decoders =
      [.replace(.text(BytePairModel.metaspace), with: [UInt8(ascii: " ")]), .byteFallback, .fuse]
      + (addsPrefix ? [.strip(" ", start: 1, stop: 0)] : [])
    return parts
  }

  private static func vocabulary(of gguf: GGUFVocabulary) throws -> Vocabulary {
    guard gguf.tokens.count <= Vocabulary.highestID else {
      throw TokenizerError(.invalidContent, "\(gguf.tokens.count) tokens are more than any vocabulary has")
    }
    var vocabulary = Vocabulary()
    for (id, token) in gguf.tokens.enumerated() {
      do throws(Vocabulary.Conflict) {
        try vocabulary.add(token, id: Int32(id))
      } catch {
        throw TokenizerError(.invalidContent, error.message(adding: token, id: Int32(id)))
      }
    }
    if let types = gguf.tokenTypes, types.count != gguf.tokens.count {
      throw TokenizerError(.invalidContent, "\(gguf.tokens.count) tokens but \(types.count) token types")
    }
    return vocabulary
  }

  /// Control tokens (3) and the unknown token (2) are special; user-defined ones (4) are recognised but kept as text.
  private static func addedTokens(of gguf: GGUFVocabulary) throws -> [AddedToken] {
    guard let types = gguf.tokenTypes else { return [] }
    return try zip(gguf.tokens, types).enumerated().compactMap { id, entry in
      let (content, type) = entry
      switch type {
      case 2, 3, 4:
        guard !content.isEmpty else {
          throw TokenizerError(.invalidContent, "token \(id) has type \(type) but no text")
        }
        return AddedToken(content: content, id: Int32(id), isSpecial: type != 4)
      case 1, 5, 6: return nil
      default: throw TokenizerError(.invalidContent, "token \(id) ('\(content)') has unknown type \(type)")
      }
    }
  }

  private static func roles(of gguf: GGUFVocabulary) throws -> SpecialTokenRoles {
    func checked(_ name: String, _ id: Int32?) throws -> Int32? {
      guard let id else { return nil }
      guard gguf.tokens.indices.contains(Int(id)) else {
        throw TokenizerError(.invalidContent, "\(name) is \(id), but there are \(gguf.tokens.count) tokens")
      }
      return id
    }
    return SpecialTokenRoles(
      beginningOfSequence: try checked("bos_token_id", gguf.beginningOfSequence),
      endOfSequence: try checked("eos_token_id", gguf.endOfSequence),
      padding: try checked("padding_token_id", gguf.padding),
      unknown: try checked("unknown_token_id", gguf.unknown))
  }
}
