extension TokenModel {
  /// Reads the `model` of a tokenizer.json.
  init(_ node: JSONNode) throws {
    do {
      switch try Self.type(of: node) {
      case "BPE": self = .bytePair(try BytePairModel(node))
      case "Unigram": self = .unigram(try UnigramModel(node))
      case "WordPiece": self = .wordPiece(try WordPieceModel(node))
      case "WordLevel": self = .wordLevel(try WordLevelModel(node))
      case let type:
        throw node.error(
          .unsupportedComponent, "model type '\(type)'; this version reads BPE, Unigram, WordPiece, WordLevel")
      }
    } catch let error as TokenizerError where error.file == nil {
      throw node.error(error.code, error.message)
    }
  }

  /// Files written before the field existed do not say what they hold.
  private static func type(of node: JSONNode) throws -> String {
    if let type = try node.optional("type") { return try type.string() }
    if try node.optional("merges") != nil { return "BPE" }
    if try node.optional("unk_id") != nil { return "Unigram" }
    return try node.optional("max_input_chars_per_word") != nil ? "WordPiece" : "BPE"
  }
}

extension Vocabulary {
  /// Reads `{"token": id}`.
  init(_ node: JSONNode) throws {
    self.init()
    for (token, value) in try node.members() {
      let id = try JSONNode(value: value, path: "\(node.path)['\(token)']", file: node.file).tokenID()
      do throws(Vocabulary.Conflict) {
        try add(token, id: id)
      } catch {
        throw node.invalid(error.message(adding: token, id: id))
      }
    }
  }
}

extension UnigramModel {
  init(_ node: JSONNode) throws {
    try node.allow("type", "unk_id", "vocab", "byte_fallback")
    let entries = try node.required("vocab")
    var vocabulary = Vocabulary()
    var scores: [Double] = []
    for entry in try entries.elements() {
      guard case .array(let pair) = entry.value, pair.count == 2, case .string(let token) = pair[0],
        let score = pair[1].double
      else { throw entry.invalid("expected a token and its score") }
      do throws(Vocabulary.Conflict) {
        try vocabulary.add(token, id: Int32(scores.count))
      } catch {
        throw entry.invalid(error.message(adding: token, id: Int32(scores.count)))
      }
      scores.append(score)
    }
    guard let unknown = try node.optional("unk_id") else {
      throw node.error(
        .unsupportedComponent, "a Unigram model without 'unk_id' cannot encode characters that it does not know")
    }
    try self.init(
      vocabulary: vocabulary, scores: scores, unknown: try unknown.tokenID(),
      byteFallback: try node.boolean("byte_fallback", default: false))
  }
}

extension WordPieceModel {
  /// `max_input_chars_per_word` where a file does not say.
  static let usualLongestWord = 100

  init(_ node: JSONNode) throws {
    try node.allow("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab")
    try self.init(
      vocabulary: try Vocabulary(try node.required("vocab")),
      unknownToken: try node.optional("unk_token")?.string() ?? "[UNK]",
      continuingPrefix: try node.optional("continuing_subword_prefix")?.string() ?? "##",
      longestWord: try node.optional("max_input_chars_per_word")?.integer(in: 0...Int.max) ?? Self.usualLongestWord)
  }
}

extension WordLevelModel {
  init(_ node: JSONNode) throws {
    try node.allow("type", "unk_token", "vocab")
    try self.init(
      vocabulary: try Vocabulary(try node.required("vocab")),
      unknownToken: try node.optional("unk_token")?.string() ?? "<unk>")
  }
}
