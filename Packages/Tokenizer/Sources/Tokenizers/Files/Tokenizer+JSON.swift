import Foundation

extension Tokenizer {
  /// Reads a tokenizer.json, and a tokenizer_config.json if there is one.
  ///
  /// Without a configuration, ids are those of `tokenizers.Tokenizer.from_file`. A configuration that says
  /// `add_bos_token` or `add_eos_token` overrules the file's own template on that side, as in `transformers` 5.
  public init(tokenizerJSON: URL, configuration: URL?) throws {
    let settings = try configuration.map { try TokenizerConfiguration(configuration: $0) } ?? TokenizerConfiguration()
    try self.init(try JSONNode(contentsOf: tokenizerJSON), settings)
  }

  init(_ node: JSONNode, _ configuration: TokenizerConfiguration) throws {
    try node.allow(
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
      "model")
    var parts = TokenizerParts(model: try TokenModel(try node.required("model")))
    parts.normalizers = try Normalizer.steps(try node.optional("normalizer"))
    parts.preTokenizers = try PreTokenizer.steps(try node.optional("pre_tokenizer"))
    parts.template = try Template(try node.optional("post_processor"))
    parts.decoders = try Decoder.steps(try node.optional("decoder"))
    let added = try node.optional("added_tokens")
    parts.addedTokens = try added?.elements().map { try AddedToken($0) } ?? []
    do {
      try AddedVocabulary.check(parts.addedTokens, against: parts.model.vocabulary)
      try parts.apply(configuration)
      try parts.checkTemplate()
    } catch let error as TokenizerError {
      throw node.error(error.code, error.message)
    }
    self.init(parts)
  }
}

extension TokenizerParts {
  func id(of token: String) -> Int32? {
    addedTokens.first { $0.content.utf8.elementsEqual(token.utf8) }?.id ?? model.vocabulary.id(of: token)
  }

  private func hasToken(_ id: Int32) -> Bool {
    model.vocabulary.bytes(for: id) != nil || addedTokens.contains { $0.id == id }
  }

  mutating func apply(_ configuration: TokenizerConfiguration) throws {
    roles.beginningOfSequence = try role("bos_token", configuration.beginningOfSequence) ?? template.leading.first
    roles.endOfSequence = try role("eos_token", configuration.endOfSequence)
    roles.padding = try role("pad_token", configuration.padding)
    roles.unknown = try role("unk_token", configuration.unknown) ?? model.unknownID
    roles.mask = configuration.mask.flatMap { id(of: $0) }
    chatTemplate = configuration.chatTemplate
    if let adds = configuration.addsBeginningOfSequence { try setLeading(adds) }
    if let adds = configuration.addsEndOfSequence { try setTrailing(adds) }
  }

  private func role(_ name: String, _ token: String?) throws -> Int32? {
    guard let token else { return nil }
    guard let id = id(of: token) else {
      throw TokenizerError(.invalidContent, "\(name) '\(token)' of the configuration is not in the vocabulary")
    }
    return id
  }

  private mutating func setLeading(_ adds: Bool) throws {
    guard adds != (template.leading.first != nil) else { return }
    guard adds else { return template.surround(leading: [], trailing: template.trailing) }
    guard let id = roles.beginningOfSequence else {
      throw TokenizerError(.invalidContent, "the configuration says add_bos_token but has no bos_token")
    }
    template.surround(leading: [id], trailing: template.trailing)
  }

  private mutating func setTrailing(_ adds: Bool) throws {
    guard adds != (template.trailing.last != nil) else { return }
    guard adds else { return template.surround(leading: template.leading, trailing: []) }
    guard let id = roles.endOfSequence else {
      throw TokenizerError(.invalidContent, "the configuration says add_eos_token but has no eos_token")
    }
    template.surround(leading: template.leading, trailing: [id])
  }

  /// The ids that the template writes must be tokens.
  func checkTemplate() throws {
    for part in template.single + template.pair {
      guard case .tokens(let ids, _) = part else { continue }
      for id in ids where !hasToken(id) {
        throw TokenizerError(.invalidContent, "the post-processor adds id \(id), which no token has")
      }
    }
  }
}
