/// One step of changing text before it is split.
enum Normalizer: Sendable {
  case prepend([UInt8])
  case replace(Pattern, with: [UInt8])
  case strip(left: Bool, right: Bool)
  case lowercase
  case form(NormalizationForm)
  case stripAccents
  case nmt
  case byteLevel
  case bert(BertNormalizer)
  case charsmap(CharacterMap)
  case sentencePiece(SentencePieceNormalizer)

  func apply(to text: inout NormalizedText) {
    switch self {
    case .prepend(let prefix): Self.prepend(prefix, to: &text)
    case .replace(let pattern, let content): Self.replace(pattern, with: content, in: &text)
    case .strip(let left, let right): Self.strip(&text, left: left, right: right)
    case .lowercase: text.mapScalars { $0.properties.lowercaseMapping }
    case .form(let form): form.normalize(&text)
    case .stripAccents: text.keepScalars { !NormalizerClass.isCombiningMark($0) }
    case .nmt: Self.normalizeAsNMT(&text)
    case .byteLevel: Self.spellBytes(of: &text)
    case .bert(let bert): bert.normalize(&text)
    case .charsmap(let map): map.normalize(&text)
    case .sentencePiece(let normalizer): normalizer.normalize(&text)
    }
  }

  private static func prepend(_ prefix: [UInt8], to text: inout NormalizedText) {
    if text.bytes.isEmpty { return }
    text.rewrite { bytes, builder in
      builder.append(prefix, for: 0)
      builder.keep(bytes.indices)
    }
  }

  private static func replace(_ pattern: Pattern, with content: [UInt8], in text: inout NormalizedText) {
    var startsText = text.startsText
    text.rewrite { bytes, builder in
      var end = 0
      pattern.forEachMatch(in: bytes, bytes.indices) { match in
        builder.keep(end..<match.lowerBound)
        builder.append(content, for: match.upperBound - 1)
        if match.lowerBound == 0, !match.isEmpty, content.isEmpty { startsText = false }
        end = match.upperBound
      }
      builder.keep(end..<bytes.count)
    }
    text.startsText = startsText
  }

  private static func strip(_ text: inout NormalizedText, left: Bool, right: Bool) {
    let kept = text.bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      var end = bytes.count
      while left, start < end {
        let (value, length) = bytes.scalar(at: start)
        guard ScalarClass.isSpace(value) else { break }
        start += length
      }
      while right, start < end {
        let last = bytes.scalarStart(before: end)
        guard ScalarClass.isSpace(bytes.scalar(at: last).value) else { break }
        end = last
      }
      return start..<end
    }
    if kept != text.bytes.indices { text = text.slice(kept, startsText: text.startsText && kept.lowerBound == 0) }
  }

  /// `Nmt`: the clean-up of SentencePiece's `nmt` rules, without their normalization.
  private static func normalizeAsNMT(_ text: inout NormalizedText) {
    text.keepScalars { scalar in
      switch scalar.value {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: false
      default: true
      }
    }
    text.replaceScalars { scalar in
      switch scalar.value {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: " "
      default: scalar
      }
    }
  }

  private static func spellBytes(of text: inout NormalizedText) {
    text.rewrite { bytes, builder in
      for (index, byte) in bytes.enumerated() { builder.append(ByteLevelAlphabet.scalars[Int(byte)], for: index) }
    }
  }
}

extension NormalizedText {
  /// Calls `body` with every scalar and its range.
  private static func forEachScalar(
    in bytes: UnsafeBufferPointer<UInt8>, _ body: (Unicode.Scalar, Range<Int>) -> Void
  ) {
    var position = 0
    while position < bytes.count {
      let (value, length) = bytes.scalar(at: position)
      body(Unicode.Scalar(value) ?? "\u{FFFD}", position..<position + length)
      position += length
    }
  }

  /// Drops the scalars that `isKept` refuses.
  mutating func keepScalars(_ isKept: (Unicode.Scalar) -> Bool) {
    rewrite { bytes, builder in
      Self.forEachScalar(in: bytes) { scalar, range in if isKept(scalar) { builder.keep(range) } }
    }
  }

  /// Puts one scalar in the place of each.
  mutating func replaceScalars(_ replacement: (Unicode.Scalar) -> Unicode.Scalar) {
    rewrite { bytes, builder in
      Self.forEachScalar(in: bytes) { builder.append(replacement($0), for: $1.lowerBound) }
    }
  }

  /// Puts a text in the place of each scalar.
  mutating func mapScalars(_ mapping: (Unicode.Scalar) -> String) {
    rewrite { bytes, builder in
      Self.forEachScalar(in: bytes) { builder.append(mapping($0).utf8, for: $1.lowerBound) }
    }
  }
}
