/// One step of turning tokens back into text. Steps work on the list of token texts; the last list is joined.
enum Decoder: Sendable {
  case byteLevel
  case replace(Pattern, with: [UInt8])
  case byteFallback
  case fuse
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case metaspace(PreTokenizer.Metaspace)
  case wordSuffix(String)
  case wordPiece(prefix: String, cleansUp: Bool)
  case ctc(padding: String, delimiter: String, cleansUp: Bool)

  func apply(to tokens: [String]) -> [String] {
    switch self {
    case .byteLevel: [Self.joinBytes(tokens)]
    case .replace(let pattern, let content): tokens.map { Self.replace(pattern, with: content, in: $0) }
    case .byteFallback: Self.joinFallbackBytes(tokens)
    case .fuse: [tokens.joined()]
    case .strip(let scalar, let start, let stop): tokens.map { Self.strip($0, scalar, start: start, stop: stop) }
    case .metaspace(let metaspace): tokens.enumerated().map { Self.spaces($1, metaspace, isFirst: $0 == 0) }
    case .wordSuffix(let suffix):
      tokens.enumerated().map { Self.replaceSuffix($1, suffix, isLast: $0 == tokens.count - 1) }
    case .wordPiece(let prefix, let cleansUp):
      tokens.enumerated().map { Self.joinWordPiece($1, prefix, isFirst: $0 == 0, cleansUp: cleansUp) }
    case .ctc(let padding, let delimiter, let cleansUp):
      Self.collapse(tokens).map { Self.cleanUpCTC($0, padding, delimiter, cleansUp) }.filter { !$0.isEmpty }
    }
  }

  private static func joinBytes(_ tokens: [String]) -> String {
    var bytes: [UInt8] = []
    for token in tokens { ByteLevelAlphabet.decode(Array(token.utf8)[...], into: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func replace(_ pattern: Pattern, with content: [UInt8], in token: String) -> String {
    var text = NormalizedText(Array(token.utf8), startsText: true)
    Normalizer.replace(pattern, with: content).apply(to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// The byte of a token `<0xNN>`.
  static func fallbackByte(_ token: String) -> UInt8? {
    let bytes = Array(token.utf8)
    guard bytes.count == 6, token.hasPrefix("<0x"), bytes[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16)
  }

  /// A run of byte tokens becomes its text, or one replacement character per byte if it is not UTF-8.
  private static func joinFallbackBytes(_ tokens: [String]) -> [String] {
    var result: [String] = []
    var run: [UInt8] = []
    func endRun() {
      guard !run.isEmpty else { return }
      if let text = String(validating: run, as: UTF8.self) {
        result.append(text)
      } else {
        result.append(contentsOf: repeatElement("\u{FFFD}", count: run.count))
      }
      run.removeAll()
    }
    for token in tokens {
      if let byte = fallbackByte(token) {
        run.append(byte)
      } else {
        endRun()
        result.append(token)
      }
    }
    endRun()
    return result
  }

  private static func strip(_ token: String, _ scalar: Unicode.Scalar, start: Int, stop: Int) -> String {
    var kept = token.unicodeScalars[...]
    for _ in 0..<start where kept.first == scalar { kept.removeFirst() }
    for _ in 0..<stop where kept.last == scalar { kept.removeLast() }
    return String(kept)
  }

  private static func spaces(_ token: String, _ metaspace: PreTokenizer.Metaspace, isFirst: Bool) -> String {
    let drops = isFirst && metaspace.prepending != .never
    var result = String.UnicodeScalarView()
    for scalar in token.unicodeScalars {
      if scalar != metaspace.replacement { result.append(scalar) } else if !drops { result.append(" ") }
    }
    return String(result)
  }

  private static func replaceSuffix(_ token: String, _ suffix: String, isLast: Bool) -> String {
    replace(.text(Array(suffix.utf8)), with: isLast ? [] : [UInt8(ascii: " ")], in: token)
  }

  private static func joinWordPiece(_ token: String, _ prefix: String, isFirst: Bool, cleansUp: Bool) -> String {
    var text = token
    if !isFirst {
      text =
        token.utf8.starts(with: prefix.utf8)
        ? String(decoding: token.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : " " + token
    }
    return cleansUp ? cleanedUp(text) : text
  }

  /// English contractions and punctuation without the space before them.
  private static let cleanUps: [(old: String, new: String)] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  private static func cleanedUp(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: " ")) else { return text }
    return cleanUps.reduce(text) { text, change in
      replace(.text(Array(change.old.utf8)), with: Array(change.new.utf8), in: text)
    }
  }

  /// Drops tokens that repeat the one before.
  private static func collapse(_ tokens: [String]) -> [String] {
    tokens.enumerated().filter { $0 == 0 || !tokens[$0 - 1].utf8.elementsEqual($1.utf8) }.map(\.element)
  }

  private static func cleanUpCTC(_ token: String, _ padding: String, _ delimiter: String, _ cleansUp: Bool) -> String {
    let text = replace(.text(Array(padding.utf8)), with: [], in: token)
    guard cleansUp else { return text }
    return replace(.text(Array(delimiter.utf8)), with: [UInt8(ascii: " ")], in: cleanedUp(text))
  }
}
