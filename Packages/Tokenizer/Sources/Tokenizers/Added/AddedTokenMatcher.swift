/// Finds added tokens in text: at each place the longest, from left to right, without overlaps.
struct AddedTokenMatcher: Sendable {
  enum Segment {
    case text(Range<Int>)
    /// A token and the text it takes, white space that it strips included.
    case token(Int32, Range<Int>)
  }

  private let tokens: [AddedToken]
  /// Indices of `tokens`.
  private var trie = TokenTrie()

  /// - Parameter spelling: the bytes by which a token is looked for, if they are not its content.
  init(_ tokens: [AddedToken], spelling: (AddedToken) -> [UInt8] = { Array($0.content.utf8) }) {
    self.tokens = tokens
    // Of two tokens with one spelling the first is found.
    for (index, token) in tokens.enumerated() { trie.insert(spelling(token), value: Int32(index), replacing: false) }
  }

  var isEmpty: Bool { trie.isEmpty }

  /// The text as a list of tokens and the stretches between them.
  func segments(of bytes: UnsafeBufferPointer<UInt8>) -> [Segment] {
    guard !isEmpty else { return bytes.isEmpty ? [] : [.text(bytes.indices)] }
    var segments: [Segment] = []
    var done = 0
    var position = 0
    while position < bytes.count {
      guard let (end, index) = trie.longest(in: bytes, from: position) else {
        position += 1
        continue
      }
      let token = tokens[Int(index)]
      let match = position..<end
      position = end
      if token.isSingleWord, touchesWord(bytes, match) { continue }
      let start = token.stripsLeft ? max(done, spaceStart(bytes, before: match.lowerBound)) : match.lowerBound
      if done < start { segments.append(.text(done..<start)) }
      done = token.stripsRight ? spaceEnd(bytes, after: end) : end
      segments.append(.token(token.id, start..<done))
    }
    if done < bytes.count { segments.append(.text(done..<bytes.count)) }
    return segments
  }

  private func touchesWord(_ bytes: UnsafeBufferPointer<UInt8>, _ match: Range<Int>) -> Bool {
    if match.lowerBound > 0 {
      let before = bytes.scalarStart(before: match.lowerBound)
      if isWord(bytes.scalar(at: before).value) { return true }
    }
    return match.upperBound < bytes.count && isWord(bytes.scalar(at: match.upperBound).value)
  }

  /// A word character by Unicode's definition for regular expressions (UTS 18, annex C).
  private func isWord(_ value: UInt32) -> Bool {
    guard let properties = Unicode.Scalar(value)?.properties else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }

  private func spaceStart(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> Int {
    var start = end
    while start > 0 {
      let previous = bytes.scalarStart(before: start)
      guard ScalarClass.isSpace(bytes.scalar(at: previous).value) else { break }
      start = previous
    }
    return start
  }

  private func spaceEnd(_ bytes: UnsafeBufferPointer<UInt8>, after start: Int) -> Int {
    var end = start
    while end < bytes.count {
      let (value, length) = bytes.scalar(at: end)
      guard ScalarClass.isSpace(value) else { break }
      end += length
    }
    return end
  }
}
