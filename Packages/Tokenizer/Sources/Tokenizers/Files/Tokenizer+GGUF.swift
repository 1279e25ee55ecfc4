extension Tokenizer {
  /// Makes a tokenizer from the vocabulary in a GGUF file.
  ///
  /// Byte-level BPE (`gpt2`) only, with the splitting rules named in the error for an unknown one. The ids are those of
  /// the tokenizer.json that the file was converted from; where such a file tells less than tokenizer.json does (which
  /// added tokens strip white space), llama.cpp's reading of it is followed.
  public init(gguf: GGUFVocabulary) throws {
    guard gguf.model == "gpt2" else {
      throw TokenizerError(
        .unsupportedComponent, "GGUF tokenizer model '\(gguf.model)'; this version reads 'gpt2' (byte-level BPE)")
    }
    let rule = try GGUFSplittingRule(named: gguf.pre)
    let vocabulary = try Self.vocabulary(of: gguf)
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
    parts.addedTokens = try Self.addedTokens(of: gguf)
    parts.roles = try Self.roles(of: gguf)
    parts.chatTemplate = gguf.chatTemplate
    if gguf.addsBeginningOfSequence ?? rule.addsBeginningOfSequence {
      guard let id = parts.roles.beginningOfSequence else {
        throw TokenizerError(.invalidContent, "the vocabulary asks for BOS before a text but names no bos_token_id")
      }
      parts.template.surround(leading: [id], trailing: [])
    }
    self.init(parts)
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
    return vocabulary
  }

  /// Control tokens (3) and the unknown token (2) are special; user-defined ones (4) are recognised but kept as text.
  private static func addedTokens(of gguf: GGUFVocabulary) throws -> [AddedToken] {
    guard let types = gguf.tokenTypes else { return [] }
    guard types.count == gguf.tokens.count else {
      throw TokenizerError(.invalidContent, "\(gguf.tokens.count) tokens but \(types.count) token types")
    }
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
