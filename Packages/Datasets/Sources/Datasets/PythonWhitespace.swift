/// What Python's `str` does in the code that prompts were published with: by code points, not by characters, and with
/// Python's list of what is white.
extension String {
  /// `strip()`
  func strippingWhitespace() -> String { strippingLeadingWhitespace().strippingTrailing(\.isPythonWhitespace) }

  /// `lstrip()`
  func strippingLeadingWhitespace() -> String { strippingLeading(\.isPythonWhitespace) }

  /// `rstrip()`
  func strippingTrailingWhitespace() -> String { strippingTrailing(\.isPythonWhitespace) }

  /// `split()`
  func splitAtWhitespace() -> [String] {
    unicodeScalars.split(whereSeparator: \.isPythonWhitespace).map { String($0) }
  }

  /// `pattern in self`
  func containsBytes(of pattern: String) -> Bool { utf8.firstRange(of: pattern.utf8) != nil }

  /// `replace(pattern, replacement)`
  func replacingBytes(of pattern: String, with replacement: String) -> String {
    String(decoding: Array(utf8).replacing(Array(pattern.utf8), with: Array(replacement.utf8)), as: UTF8.self)
  }

  /// `strip(' ')`
  func strippingSpaces() -> String { strippingLeading { $0 == " " }.strippingTrailing { $0 == " " } }

  private func strippingLeading(_ isWhite: (Unicode.Scalar) -> Bool) -> String {
    String(unicodeScalars.drop(while: isWhite))
  }

  private func strippingTrailing(_ isWhite: (Unicode.Scalar) -> Bool) -> String {
    guard let last = unicodeScalars.lastIndex(where: { !isWhite($0) }) else { return "" }
    return String(unicodeScalars[...last])
  }
}

extension Unicode.Scalar {
  /// `str.isspace()`
  var isPythonWhitespace: Bool {
    switch value {
    case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000: true
    default: false
    }
  }
}
