/// Cuts a chat template into tokens, with Jinja's rules of white space under `trim_blocks` and `lstrip_blocks`:
/// the line feed after a block or comment goes, and so do the blanks before one that opens its line; `-` strips to the
/// next text on its side, `+` keeps.
struct TemplateLexer {
  let bytes: [UInt8]
  var position = 0
  var tokens: [TemplateToken] = []
  /// Whether the last match ended with a line feed, as `lstrip_blocks` wants to know.
  private var startsLine = true

  /// The template as it is lexed: line ends are line feeds, and the last one is gone.
  static func normalized(_ source: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.utf8.count)
    var previous: UInt8 = 0
    for byte in source.utf8 {
      if byte == UInt8(ascii: "\r") {
        bytes.append(UInt8(ascii: "\n"))
      } else if byte != UInt8(ascii: "\n") || previous != UInt8(ascii: "\r") {
        bytes.append(byte)
      }
      previous = byte
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func tokens(of normalized: String) throws -> [TemplateToken] {
    var lexer = TemplateLexer(bytes: Array(normalized.utf8))
    try lexer.run()
    return lexer.tokens
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func run() throws {
    while position < bytes.count {
      let start = position
      guard let tag = nextTag() else {
        emit(.text(text(start..<bytes.count)), at: start)
        break
      }
      position = tag + 2
      let opening = bytes[tag + 1]
      let sign = takeSign()
      emitText(start..<tag, before: opening, sign: sign)
      startsLine = false
      switch opening {
      case UInt8(ascii: "#"): try comment(from: tag)
      case UInt8(ascii: "{"):
        emit(.variableBegin, at: tag)
        try inside(tag, closing: "}}", end: .variableEnd, trims: false)
      default:
        if skipRawTag() {
          try raw(from: tag)
        } else {
          emit(.blockBegin, at: tag)
          try inside(tag, closing: "%}", end: .blockEnd, trims: true)
        }
      }
    }
    emit(.end, at: bytes.count)
  }

  // MARK: Text

  /// Where the next `{{`, `{%` or `{#` is.
  private func nextTag() -> Int? {
    var index = position
    while index + 1 < bytes.count {
      if bytes[index] == UInt8(ascii: "{") {
        switch bytes[index + 1] {
        case UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "#"): return index
        default: break
        }
      }
      index += 1
    }
    return nil
  }

  private mutating func takeSign() -> UInt8? {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") else {
      return nil
    }
    position += 1
    return bytes[position - 1]
  }

  private mutating func emitText(_ range: Range<Int>, before opening: UInt8, sign: UInt8?) {
    var end = range.upperBound
    if sign == UInt8(ascii: "-") {
      end = endWithoutSpace(range)
    } else if sign == nil, opening != UInt8(ascii: "{") {
      let line = bytes[range].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
      if line != nil || startsLine {
        let lineStart = line ?? range.lowerBound
        if endWithoutSpace(lineStart..<end) == lineStart { end = lineStart }
      }
    }
    if end > range.lowerBound { emit(.text(text(range.lowerBound..<end)), at: range.lowerBound) }
  }

  private func endWithoutSpace(_ range: Range<Int>) -> Int {
    var end = range.upperBound
    while end > range.lowerBound {
      var start = end - 1
      while start > range.lowerBound, bytes[start] & 0xC0 == 0x80 { start -= 1 }
      guard let scalar = text(start..<end).unicodeScalars.first, scalar.isPythonSpace else { break }
      end = start
    }
    return end
  }

  mutating func skipSpace() {
    while position < bytes.count {
      let byte = bytes[position]
      let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
      guard let scalar = text(position..<min(position + length, bytes.count)).unicodeScalars.first,
        scalar.isPythonSpace
      else { return }
      position += length
    }
  }

  // MARK: Comments and raw text

  private mutating func comment(from tag: Int) throws {
    while position < bytes.count {
      for sign in ["+", "-", ""] where starts(with: sign + "#}") {
        close(sign: sign, trims: true)
        return
      }
      position += 1
    }
    throw TemplateFailure(.malformedChatTemplate, "a comment without its end '#}'", at: tag)
  }

  /// Takes `raw %}` after an opening `{%`; leaves everything as it is where there is none.
  private mutating func skipRawTag() -> Bool {
    let start = position
    if skipWord("raw") {
      if starts(with: "-%}") {
        position += 3
        skipSpace()
        return true
      }
      if starts(with: "%}") {
        position += 2
        return true
      }
    }
    position = start
    return false
  }

  private mutating func raw(from tag: Int) throws {
    startsLine = bytes[position - 1] == UInt8(ascii: "\n")
    let start = position
    while position < bytes.count {
      let end = position
      if starts(with: "{%") {
        position += 2
        let sign = takeSign()
        if skipWord("endraw") {
          for closingSign in ["+", "-", ""] where starts(with: closingSign + "%}") {
            emitText(start..<end, before: UInt8(ascii: "%"), sign: sign)
            close(sign: closingSign, trims: true)
            return
          }
        }
      }
      position = end + 1
    }
    throw TemplateFailure(.malformedChatTemplate, "a raw block without its end '{% endraw %}'", at: tag)
  }

  /// White space, the word, white space.
  private mutating func skipWord(_ word: String) -> Bool {
    skipSpace()
    guard starts(with: word) else { return false }
    position += word.utf8.count
    skipSpace()
    return true
  }

  // MARK: Tags

  /// The tokens from behind an opening to its closing, which counts only outside of brackets.
  private mutating func inside(_ tag: Int, closing: String, end: TemplateToken.Kind, trims: Bool) throws {
    var open: [TemplateToken.Symbol] = []
    while position < bytes.count {
      if open.isEmpty, let sign = closingSign(closing, trims: trims) {
        emit(end, at: position)
        close(sign: sign, trims: trims)
        return
      }
      try token(&open)
    }
    throw TemplateFailure(.malformedChatTemplate, "a tag without its end '\(closing)'", at: tag)
  }

  private func closingSign(_ closing: String, trims: Bool) -> String? {
    if starts(with: closing) { return "" }
    if starts(with: "-" + closing) { return "-" }
    return trims && starts(with: "+" + closing) ? "+" : nil
  }

  /// Steps over a closing and the white space that goes with it.
  private mutating func close(sign: String, trims: Bool) {
    position += sign.utf8.count + 2
    if sign == "-" {
      skipSpace()
    } else if sign.isEmpty, trims, position < bytes.count, bytes[position] == UInt8(ascii: "\n") {
      position += 1
    }
    startsLine = bytes[position - 1] == UInt8(ascii: "\n")
  }

  // MARK: Bytes

  mutating func emit(_ kind: TemplateToken.Kind, at position: Int) {
    tokens.append(TemplateToken(kind: kind, position: position))
  }

  func starts(with text: String) -> Bool {
    let count = text.utf8.count
    return position + count <= bytes.count && bytes[position..<position + count].elementsEqual(text.utf8)
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
