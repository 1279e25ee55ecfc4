/// BERT's clean-up: control characters out, ideographs between spaces, accents off, lower case.
struct BertNormalizer: Sendable {
  /// Drops control characters and makes every white space a space.
  var cleansText = true
  /// Puts spaces around ideographs.
  var separatesIdeographs = true
  /// Nil: as `lowercases`.
  var stripsAccents: Bool?
  var lowercases = true

  func normalize(_ text: inout NormalizedText) {
    if cleansText { Self.clean(&text) }
    if separatesIdeographs { Self.separateIdeographs(of: &text) }
    if stripsAccents ?? lowercases {
      NormalizationForm(isCompatibility: false, composes: false).normalize(&text)
      if !text.isASCII { text.keepScalars { !NormalizerClass.isNonspacingMark($0) } }
    }
    if lowercases { Normalizer.lowercase.apply(to: &text) }
  }

  private static func clean(_ text: inout NormalizedText) {
    text.keepScalars { $0 != "\0" && $0 != "\u{FFFD}" && !NormalizerClass.isControl($0) }
    text.replaceScalars { ScalarClass.isSpace($0.value) ? " " : $0 }
  }

  private static func separateIdeographs(of text: inout NormalizedText) {
    if text.isASCII { return }
    text.rewrite { bytes, builder in
      var position = 0
      while position < bytes.count {
        let (value, length) = bytes.scalar(at: position)
        let isIdeograph = isIdeograph(value)
        if isIdeograph { builder.append(" ", for: position) }
        builder.keep(position..<position + length)
        if isIdeograph { builder.append(" ", for: position) }
        position += length
      }
    }
  }

  private static func isIdeograph(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

extension NormalizedText {
  var isASCII: Bool { bytes.withUnsafeBufferPointer { $0.allSatisfy { $0 < 0x80 } } }
}
