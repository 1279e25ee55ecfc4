extension Tokenizer {
  /// The text of ids.
  ///
  /// Bytes that are not UTF-8 become U+FFFD, as in `tokenizers`. For text that grows id by id use `StreamingDecoder`,
  /// which never shows half of a character.
  ///
  /// - Parameter skippingSpecialTokens: whether special tokens (BOS, EOS, ...) are left out.
  /// - Throws: `TokenizerError` with code `unknownID` for an id that no token has.
  public func decode(_ ids: some Sequence<Int32>, skippingSpecialTokens: Bool = false) throws -> String {
    if decodesBytes { return String(decoding: try bytes(of: ids, skippingSpecialTokens), as: UTF8.self) }
    var tokens = try texts(of: ids, skippingSpecialTokens)
    guard let decoders else { return tokens.joined(separator: " ") }
    for decoder in decoders { tokens = decoder.apply(to: tokens) }
    return tokens.joined()
  }

  /// Whether decoding is putting bytes one after the other, so that parts can be decoded separately.
  var decodesBytes: Bool {
    if let decoders, decoders.count == 1, case .byteLevel = decoders[0] { true } else { false }
  }

  func bytes(of ids: some Sequence<Int32>, _ skippingSpecialTokens: Bool) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids where !(skippingSpecialTokens && addedTokens.isSpecial(id)) {
      if let added = addedTokens.text(for: id) {
        ByteLevelAlphabet.decode(Array(added.utf8)[...], into: &bytes)
      } else if let token = model.vocabulary.bytes(for: id) {
        ByteLevelAlphabet.decode(token, into: &bytes)
      } else {
        throw unknownID(id)
      }
    }
    return bytes
  }

  func texts(of ids: some Sequence<Int32>, _ skippingSpecialTokens: Bool) throws -> [String] {
    var texts: [String] = []
    for id in ids where !(skippingSpecialTokens && addedTokens.isSpecial(id)) {
      guard let text = addedTokens.text(for: id) ?? model.vocabulary.token(for: id) else { throw unknownID(id) }
      texts.append(text)
    }
    return texts
  }

  private func unknownID(_ id: Int32) -> TokenizerError {
    TokenizerError(
      .unknownID,
      "no token has id \(id); ids of this vocabulary lie in 0..<\(vocabularySize). Do tokenizer and model belong together?"
    )
  }
}
