/// One step of splitting text into the pieces that the model encodes separately.
enum PreTokenizer: Sendable {
  case digits(individual: Bool)
  case byteLevel(addsPrefixSpace: Bool, usesPattern: Bool)
  case split(Pattern, SplitBehavior, isInverted: Bool)
  case metaspace(Metaspace)
  /// Runs of word characters and runs of what is neither those nor white space.
  case words
  case whiteSpace
  case bert
  case punctuation(SplitBehavior)
  case delimiter(Unicode.Scalar)
  /// Pieces of their own for the longest tokens that are found.
  case symbols(TokenTrie)

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
    case .words: Self.splitWords(&buffer)
    case .whiteSpace: buffer.split(keepsSeparators: false, separates: ScalarClass.isSpace)
    case .bert: Self.splitAsBERT(&buffer)
    case .punctuation(let behavior): Self.splitPunctuation(&buffer, behavior)
    case .symbols(let symbols): Self.isolate(symbols, &buffer)
    case .delimiter(let delimiter): buffer.split(keepsSeparators: false) { $0 == delimiter.value }
    }
  }

  private static func splitAsBERT(_ buffer: inout PieceBuffer) {
    buffer.split { bytes, range, parts in
      var start = range.lowerBound
      var position = start
      while position < range.upperBound {
        let (value, length) = bytes.scalar(at: position)
        let isSpace = ScalarClass.isSpace(value)
        if isSpace || NormalizerClass.isPunctuation(value) {
          if start < position { parts.append(start..<position) }
          if !isSpace { parts.append(position..<position + length) }
          start = position + length
        }
        position += length
      }
      if start < range.upperBound { parts.append(start..<range.upperBound) }
    }
  }

  private static func splitPunctuation(_ buffer: inout PieceBuffer, _ behavior: SplitBehavior) {
    var segments: [SplitBehavior.Segment] = []
    buffer.split { bytes, range, parts in
      segments.removeAll(keepingCapacity: true)
      var start = range.lowerBound
      var position = start
      while position < range.upperBound {
        let (value, length) = bytes.scalar(at: position)
        if NormalizerClass.isPunctuation(value) {
          if start < position { segments.append(.init(range: start..<position, isMatch: false)) }
          segments.append(.init(range: position..<position + length, isMatch: true))
          start = position + length
        }
        position += length
      }
      if start < range.upperBound { segments.append(.init(range: start..<range.upperBound, isMatch: false)) }
      behavior.pieces(of: segments, into: &parts)
    }
  }

  private static func isolate(_ symbols: TokenTrie, _ buffer: inout PieceBuffer) {
    buffer.split { bytes, range, parts in
      let text = UnsafeBufferPointer(rebasing: bytes[..<range.upperBound])
      var start = range.lowerBound
      var position = start
      while position < range.upperBound {
        guard let (end, _) = symbols.longest(in: text, from: position) else {
          position += 1
          continue
        }
        if start < position { parts.append(start..<position) }
        parts.append(position..<end)
        start = end
        position = end
      }
      if start < range.upperBound { parts.append(start..<range.upperBound) }
    }
  }

  /// `\w+|[^\w\s]+`.
  private static func splitWords(_ buffer: inout PieceBuffer) {
    buffer.split { bytes, range, parts in
      var start = range.lowerBound
      var kind: ScalarClass.WordKind?
      var position = start
      while position < range.upperBound {
        let (value, length) = bytes.scalar(at: position)
        let next = ScalarClass.wordKind(value)
        if next != kind {
          if let kind, kind != .space { parts.append(start..<position) }
          start = position
          kind = next
        }
        position += length
      }
      if let kind, kind != .space { parts.append(start..<range.upperBound) }
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
    buffer.rewrite { bytes, piece, builder in
      let start = piece.range.lowerBound
      if bytes[start] != space { builder.append(CollectionOfOne(space), for: start) }
      builder.keep(piece.range)
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
    buffer.rewrite { bytes, piece, builder in
      let range = piece.range
      let isMarked = bytes[range.lowerBound] == UInt8(ascii: " ") || bytes[range].starts(with: mark)
      let prepends = prepending == .always || prepending == .first && piece.startsText
      if prepends, !isMarked { builder.append(mark, for: range.lowerBound) }
      var start = range.lowerBound
      for index in range where bytes[index] == UInt8(ascii: " ") {
        builder.keep(start..<index)
        builder.append(mark, for: index)
        start = index + 1
      }
      builder.keep(start..<range.upperBound)
    }
    if splits { PreTokenizer.split(&buffer, at: .text(mark), .mergedWithNext) }
  }
}
