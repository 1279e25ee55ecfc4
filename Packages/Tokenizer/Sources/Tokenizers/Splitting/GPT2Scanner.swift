/// GPT-2's splitting expression as straight code; about ten times as fast as matching the expression.
enum GPT2Scanner {
  static let expression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// The end of the match at `start`. Every scalar is a letter, a number, a space or none of them, so there is always
  /// a match, and matches cover the text.
  static func matchEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
    if let contraction = contractionEnd(bytes, start, end) { return contraction }
    var bodyStart = start
    if bytes[start] == UInt8(ascii: " "), start + 1 < end { bodyStart += 1 }
    let (value, length) = bytes.scalar(at: bodyStart)
    let kind = ScalarClass.kind(value)
    if kind == .space { return spaceEnd(bytes, start, end) }
    var position = bodyStart + length
    while position < end {
      let (value, length) = bytes.scalar(at: position)
      if ScalarClass.kind(value) != kind { break }
      position += length
    }
    return position
  }

  /// `\s+(?!\S)|\s+`: a run of white space gives its last scalar to the word that follows, unless it has only one.
  private static func spaceEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var position = start
    var last = start
    while position < end {
      let (value, length) = bytes.scalar(at: position)
      if ScalarClass.kind(value) != .space { return last > start ? last : position }
      last = position
      position += length
    }
    return end
  }

  private static func contractionEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
    guard bytes[start] == UInt8(ascii: "'"), start + 1 < end else { return nil }
    switch bytes[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < end && bytes[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < end && bytes[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
    default: return nil
    }
  }
}
