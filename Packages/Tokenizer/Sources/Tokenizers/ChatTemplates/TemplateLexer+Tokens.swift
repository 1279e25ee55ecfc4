/// The words within a tag: names, numbers, strings, operators.
extension TemplateLexer {
  mutating func token(_ open: inout [TemplateToken.Symbol]) throws {
    let start = position
    skipSpace()
    if position > start { return }
    let byte = bytes[position]
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    case UInt8(ascii: "'"), UInt8(ascii: "\""): try string(quote: byte)
    case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...:
      try name()
    default: try symbol(&open)
    }
  }

  private mutating func name() throws {
    let start = position
    while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
    let name = text(start..<position)
    for (index, scalar) in name.unicodeScalars.enumerated() {
      let fits = index == 0 ? scalar.properties.isXIDStart || scalar == "_" : scalar.properties.isXIDContinue
      guard fits else {
        throw TemplateFailure(.malformedChatTemplate, "'\(name)' is no name", at: start)
      }
    }
    emit(.name(name), at: start)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
      true
    default: false
    }
  }

  // MARK: Numbers

  private mutating func number() throws {
    let start = position
    if bytes[start] == UInt8(ascii: "0"), position + 1 < bytes.count,
      let radix = ["b": 2, "o": 8, "x": 16][text(start + 1..<start + 2).lowercased()]
    {
      position += 2
      let digits = position
      while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
      return try integer(text(digits..<position), radix: radix, at: start)
    }
    skipDigits()
    let whole = position
    // `list.0.1` subscribes twice.
    if start > 0, bytes[start - 1] == UInt8(ascii: ".") {
      return try integer(text(start..<whole), radix: 10, at: start)
    }
    if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "."), Self.isDigit(bytes[position + 1]) {
      position += 1
      skipDigits()
    }
    skipExponent()
    if position == whole { return try integer(text(start..<whole), radix: 10, at: start) }
    let digits = text(start..<position).filter { $0 != "_" }
    guard let value = Double(digits) else { throw TemplateFailure.unsupported("the number \(digits)", at: start) }
    emit(.number(value), at: start)
  }

  private mutating func integer(_ digits: String, radix: Int, at start: Int) throws {
    guard radix != 10 || digits.utf8.count == 1 || !digits.hasPrefix("0") || digits.allSatisfy({ $0 == "0" }) else {
      throw TemplateFailure(.malformedChatTemplate, "a number with a leading zero", at: start)
    }
    guard let value = Int(digits.filter { $0 != "_" }, radix: radix) else {
      throw TemplateFailure.unsupported("the number \(digits), which is not one of 64 bits,", at: start)
    }
    emit(.integer(value), at: start)
  }

  /// Digits, with single underscores between them.
  private mutating func skipDigits() {
    while position < bytes.count {
      let isSeparator =
        bytes[position] == UInt8(ascii: "_") && position + 1 < bytes.count && Self.isDigit(bytes[position + 1])
      guard Self.isDigit(bytes[position]) || isSeparator else { return }
      position += 1
    }
  }

  private mutating func skipExponent() {
    guard position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") else { return }
    var digits = position + 1
    if digits < bytes.count, bytes[digits] == UInt8(ascii: "+") || bytes[digits] == UInt8(ascii: "-") { digits += 1 }
    guard digits < bytes.count, Self.isDigit(bytes[digits]) else { return }
    position = digits
    skipDigits()
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  // MARK: Strings

  private mutating func string(quote: UInt8) throws {
    let start = position
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == quote { return emit(.string(String(decoding: content, as: UTF8.self)), at: start) }
      if byte == UInt8(ascii: "\\") { try escape(into: &content) } else { content.append(byte) }
    }
    throw TemplateFailure(.malformedChatTemplate, "a string without its closing quote", at: start)
  }

  /// Python's escapes; an unknown one stands for itself, backslash included.
  private mutating func escape(into content: inout [UInt8]) throws {
    guard position < bytes.count else { return }
    let byte = bytes[position]
    let simple: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "a"): 0x07,
      UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): byte,
      UInt8(ascii: "'"): byte, UInt8(ascii: "\""): byte,
    ]
    position += 1
    switch byte {
    case UInt8(ascii: "\n"): break
    case UInt8(ascii: "x"): try codedScalar(digits: 2, into: &content)
    case UInt8(ascii: "u"): try codedScalar(digits: 4, into: &content)
    case UInt8(ascii: "U"): try codedScalar(digits: 8, into: &content)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      let start = position - 1
      while position < min(start + 3, bytes.count), (0x30...0x37).contains(bytes[position]) { position += 1 }
      append(UInt32(text(start..<position), radix: 8), to: &content)
    case UInt8(ascii: "N"): throw TemplateFailure.unsupported("the escape \\N", at: position - 2)
    case 0x80...:
      position -= 1
      appendBackslashReplaced(to: &content)
    default:
      if let value = simple[byte] { content.append(value) } else { content += [UInt8(ascii: "\\"), byte] }
    }
  }

  private mutating func codedScalar(digits: Int, into content: inout [UInt8]) throws {
    let end = position + digits
    guard end <= bytes.count, bytes[position..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(text(position..<end), radix: 16), Unicode.Scalar(code) != nil
    else { throw TemplateFailure(.malformedChatTemplate, "an escape that is no character", at: position - 2) }
    append(code, to: &content)
    position = end
  }

  private func append(_ code: UInt32?, to content: inout [UInt8]) {
    guard let code, let scalar = Unicode.Scalar(code) else { return }
    content += Array(String(Character(scalar)).utf8)
  }

  /// A character beyond ASCII after a backslash: Jinja writes it as an escape, and so doubles the backslash.
  private mutating func appendBackslashReplaced(to content: inout [UInt8]) {
    let start = position
    position += 1
    while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
    guard let scalar = text(start..<position).unicodeScalars.first else { return }
    content += Array(("\\" + scalar.pythonEscape.dropFirst()).utf8)
  }

  // MARK: Operators

  private static let symbols = Dictionary(
    uniqueKeysWithValues: TemplateToken.Symbol.allCases.map { (Array($0.rawValue.utf8), $0) })

  private mutating func symbol(_ open: inout [TemplateToken.Symbol]) throws {
    let pair = position + 1 < bytes.count ? Self.symbols[[bytes[position], bytes[position + 1]]] : nil
    guard let symbol = pair ?? Self.symbols[[bytes[position]]] else {
      throw TemplateFailure(
        .malformedChatTemplate, "unexpected character '\(text(position..<position + 1))'", at: position)
    }
    switch symbol {
    case .leftBrace: open.append(.rightBrace)
    case .leftBracket: open.append(.rightBracket)
    case .leftParenthesis: open.append(.rightParenthesis)
    case .rightBrace, .rightBracket, .rightParenthesis:
      guard open.popLast() == symbol else {
        throw TemplateFailure(.malformedChatTemplate, "unexpected '\(symbol.rawValue)'", at: position)
      }
    default: break
    }
    emit(.symbol(symbol), at: position)
    position += symbol.rawValue.utf8.count
  }
}
