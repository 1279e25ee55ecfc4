/// One step of splitting text into the pieces that the model encodes separately.
enum PreTokenizer: Sendable {
  case digits(individual: Bool)
  case byteLevel(addsPrefixSpace: Bool, usesPattern: Bool)
  case split(Pattern, SplitBehavior, isInverted: Bool)
  case metaspace(Metaspace)

  struct Metaspace: Sendable {
    enum Prepending: String, Sendable { case always, first, never }
    var replacement: Unicode.Scalar = "\u{2581}"
    var prepending = Prepending.always
    var splits = true
  }

  func apply(to buffer: inout PieceBuffer) {
    buffer.spellOutBytes()
    switch self {
    case .digits(let individual): Self.splitDigits(&buffer, individual: individual)
    case .byteLevel(let addsPrefixSpace, let usesPattern):
      if addsPrefixSpace { Self.prefixSpaces(&buffer) }
      if usesPattern { Self.split(&buffer, at: .gpt2, .isolated) }
      buffer.isByteLevel = true
    case .split(let pattern, let behavior, let isInverted):
      Self.split(&buffer, at: pattern, behavior, isInverted: isInverted)
    case .metaspace(let metaspace): metaspace.apply(to: &buffer)
    }
  }

  private static func splitDigits(_ buffer: inout PieceBuffer, individual: Bool) {
    buffer.split { bytes, range, parts in
      var start = range.lowerBound
      var wasNumber = false
      var position = start
      while position < range.upperBound {
        let (value, length) = bytes.scalar(at: position)
        let isNumber = isNumeric(value)
        if isNumber != wasNumber || isNumber && individual {
          parts.append(start..<position)
          start = position
        }
        wasNumber = isNumber
        position += length
      }
      parts.append(start..<range.upperBound)
    }
  }

  /// Rust's `char::is_numeric`, of the Unicode version that the Swift runtime has too.
  private static func isNumeric(_ value: UInt32) -> Bool {
    if value < 128 { return value >= 0x30 && value <= 0x39 }
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: return true
    default: return false
    }
  }

  private static func prefixSpaces(_ buffer: inout PieceBuffer) {
    let space = UInt8(ascii: " ")
    buffer.rewrite { bytes, _, text in
      if bytes.first != space { text.append(space) }
      text.append(contentsOf: bytes)
    }
  }

  static func split(
    _ buffer: inout PieceBuffer, at pattern: Pattern, _ behavior: SplitBehavior, isInverted: Bool = false
  ) {
    var segments: [SplitBehavior.Segment] = []
    buffer.split { bytes, range, parts in
      segments.removeAll(keepingCapacity: true)
      var end = range.lowerBound
      pattern.forEachMatch(in: bytes, range) { match in
        if end < match.lowerBound { segments.append(.init(range: end..<match.lowerBound, isMatch: isInverted)) }
        segments.append(.init(range: match, isMatch: !isInverted))
        end = match.upperBound
      }
      if end < range.upperBound { segments.append(.init(range: end..<range.upperBound, isMatch: isInverted)) }
      behavior.pieces(of: segments, into: &parts)
    }
  }
}

extension PreTokenizer.Metaspace {
  /// The replacement's UTF-8.
  private var mark: [UInt8] { Array(String(Character(replacement)).utf8) }

  func apply(to buffer: inout PieceBuffer) {
    let mark = mark
    buffer.rewrite { bytes, piece, text in
      let isMarked = bytes.first == UInt8(ascii: " ") || bytes.starts(with: mark)
      let prepends = prepending == .always || prepending == .first && piece.startsText
      if prepends, !isMarked { text.append(contentsOf: mark) }
      for byte in bytes {
        if byte == UInt8(ascii: " ") { text.append(contentsOf: mark) } else { text.append(byte) }
      }
    }
    if splits { PreTokenizer.split(&buffer, at: .text(mark), .mergedWithNext) }
  }
}
