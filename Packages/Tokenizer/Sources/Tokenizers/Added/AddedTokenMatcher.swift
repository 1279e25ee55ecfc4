/// Finds added tokens in text: at each place the longest, from left to right, without overlaps.
struct AddedTokenMatcher: Sendable {
  enum Segment {
    case text(Range<Int>)
    case token(Int32)
  }

  private let tokens: [AddedToken]
  /// Edges of a trie over UTF-8: state and byte to state.
  private var edges: [UInt64: Int32] = [:]
  /// For each state, the token that ends there, or -1.
  private var endings: [Int32] = [-1]
  private var startsToken = [Bool](repeating: false, count: 256)

  /// - Parameter spelling: the bytes by which a token is looked for, if they are not its content.
  init(_ tokens: [AddedToken], spelling: (AddedToken) -> [UInt8] = { Array($0.content.utf8) }) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() { insert(spelling(token), index) }
  }

  var isEmpty: Bool { edges.isEmpty }

  private mutating func insert(_ bytes: [UInt8], _ index: Int) {
    guard let first = bytes.first else { return }
    startsToken[Int(first)] = true
    var state: Int32 = 0
    for byte in bytes {
      let edge = Self.edge(state, byte)
      if let next = edges[edge] {
        state = next
      } else {
        let next = Int32(endings.count)
        endings.append(-1)
        edges[edge] = next
        state = next
      }
    }
    if endings[Int(state)] < 0 { endings[Int(state)] = Int32(index) }
  }

  private static func edge(_ state: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: state)) << 8 | UInt64(byte)
  }

  /// The text as a list of tokens and the stretches between them.
  func segments(of bytes: UnsafeBufferPointer<UInt8>) -> [Segment] {
    guard !isEmpty else { return bytes.isEmpty ? [] : [.text(bytes.indices)] }
    var segments: [Segment] = []
    var done = 0
    var position = 0
    while position < bytes.count {
      guard startsToken[Int(bytes[position])], let (token, end) = longest(in: bytes, at: position) else {
        position += 1
        continue
      }
      let match = position..<end
      position = end
      if token.isSingleWord, touchesWord(bytes, match) { continue }
      let start = token.stripsLeft ? max(done, spaceStart(bytes, before: match.lowerBound)) : match.lowerBound
      if done < start { segments.append(.text(done..<start)) }
      segments.append(.token(token.id))
      done = token.stripsRight ? spaceEnd(bytes, after: end) : end
    }
    if done < bytes.count { segments.append(.text(done..<bytes.count)) }
    return segments
  }

  private func longest(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> (AddedToken, end: Int)? {
    var state: Int32 = 0
    var found: (AddedToken, end: Int)?
    var position = start
    while position < bytes.count, let next = edges[Self.edge(state, bytes[position])] {
      state = next
      position += 1
      if endings[Int(state)] >= 0 { found = (tokens[Int(endings[Int(state)])], position) }
    }
    return found
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
