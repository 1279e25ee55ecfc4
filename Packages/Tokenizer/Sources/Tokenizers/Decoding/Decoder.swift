/// One step of turning tokens back into text. Steps work on the list of token texts; the last list is joined.
enum Decoder: Sendable {
  case byteLevel
  case replace(Pattern, with: [UInt8])
  case byteFallback
  case fuse
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case metaspace(PreTokenizer.Metaspace)
  case wordSuffix(String)

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
    }
  }

  private static func joinBytes(_ tokens: [String]) -> String {
    var bytes: [UInt8] = []
    for token in tokens { ByteLevelAlphabet.decode(Array(token.utf8)[...], into: &bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func replace(_ pattern: Pattern, with content: [UInt8], in token: String) -> String {
    var text = Normalizer.Text(bytes: Array(token.utf8), startsText: true)
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
}
