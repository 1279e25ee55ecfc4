/// One step of changing text before it is split.
enum Normalizer: Sendable {
  case prepend([UInt8])
  case replace(Pattern, with: [UInt8])
  case strip(left: Bool, right: Bool)
  case lowercase
  case form(NormalizationForm)

  /// Text that is being normalized.
  struct Text {
    var bytes: [UInt8]
    /// Whether it still begins with what the tokenizer was given first; stripping its head ends that.
    var startsText: Bool
  }

  func apply(to text: inout Text) {
    switch self {
    case .prepend(let prefix): if !text.bytes.isEmpty { text.bytes.insert(contentsOf: prefix, at: 0) }
    case .replace(let pattern, let content): Self.replace(pattern, with: content, in: &text)
    case .strip(let left, let right): Self.strip(&text, left: left, right: right)
    case .lowercase: text.bytes = Self.lowercased(text.bytes)
    case .form(let form): text.bytes = form.normalize(text.bytes)
    }
  }

  /// Scalar by scalar, without the rule for a final sigma, as the reference does.
  private static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      result.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    }
    return result
  }

  private static func replace(_ pattern: Pattern, with content: [UInt8], in text: inout Text) {
    var result: [UInt8] = []
    var end = 0
    text.bytes.withUnsafeBufferPointer { bytes in
      pattern.forEachMatch(in: bytes, bytes.indices) { match in
        result.append(contentsOf: bytes[end..<match.lowerBound])
        result.append(contentsOf: content)
        if match.lowerBound == 0, !match.isEmpty, content.isEmpty { text.startsText = false }
        end = match.upperBound
      }
      result.append(contentsOf: bytes[end...])
    }
    text.bytes = result
  }

  private static func strip(_ text: inout Text, left: Bool, right: Bool) {
    let scalars = String(decoding: text.bytes, as: UTF8.self).unicodeScalars
    var kept = scalars[...]
    if left { kept = kept.drop(while: \.properties.isWhitespace) }
    if right { while kept.last?.properties.isWhitespace == true { kept.removeLast() } }
    if kept.startIndex > scalars.startIndex { text.startsText = false }
    text.bytes = Array(String(kept).utf8)
  }
}
