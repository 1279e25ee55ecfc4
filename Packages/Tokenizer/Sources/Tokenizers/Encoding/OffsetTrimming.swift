/// Leaves out of a token's offsets the spaces at its ends: what `trim_offsets` asks for.
struct OffsetTrimming: Sendable {
  /// The space that was put before the text is not taken off the first token again.
  var addsPrefixSpace: Bool

  /// - Parameter text: the text as given, in which ranges count bytes.
  func apply(to tokens: inout [TrackedToken], in text: UnsafeBufferPointer<UInt8>) {
    for index in tokens.indices {
      var leading = tokens[index].leadingSpaces
      let trailing = tokens[index].trailingSpaces
      if leading + trailing == 0 { continue }
      var source = tokens[index].source
      if leading > 0 {
        if index == 0 || source.start == 0, addsPrefixSpace { leading -= 1 }
        for _ in 0..<leading where source.start < source.end { source.start += text.scalar(at: source.start).length }
      }
      if trailing > 0, let end = position(trailing, before: source.end, in: text) {
        source.end = max(end, source.start)
      }
      tokens[index].source = source
    }
  }

  /// The place `count` scalars before `end`; nil if there are not as many.
  private func position(_ count: Int, before end: Int, in text: UnsafeBufferPointer<UInt8>) -> Int? {
    var position = end
    for _ in 0..<count {
      guard position > 0 else { return nil }
      position = text.scalarStart(before: position)
    }
    return position
  }
}

/// A token and the bytes of the text as given that it stands for.
struct TrackedToken {
  var id: Int32
  var source: SourceRange
  /// Spaces, in GPT-2's alphabet or out of it, at the ends of the token's text.
  var leadingSpaces: Int
  var trailingSpaces: Int

  init(id: Int32, source: SourceRange, text: some BidirectionalCollection<UInt8>) {
    self.id = id
    self.source = source
    let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
    leadingSpaces = scalars.prefix(while: Self.isSpace).count
    trailingSpaces = scalars.reversed().prefix(while: Self.isSpace).count
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{120}" || ScalarClass.isSpace(scalar.value)
  }
}
