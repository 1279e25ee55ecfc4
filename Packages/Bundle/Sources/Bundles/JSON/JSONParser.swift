import Foundation

/// Takes JSON (RFC 8259) apart and refuses what two programs might read differently: a key that an object has twice,
/// text that is not UTF-8, anything after the end, and nesting deeper than any file of this package needs.
struct JSONParser {
  private static let greatestDepth = 16

  private let bytes: [UInt8]
  private let name: String
  private var at = 0

  /// - Parameter name: What messages call the text.
  /// - Throws: `BundleError.invalidManifest`, naming the line.
  static func parse(_ data: Data, name: String) throws -> JSONValue {
    var parser = JSONParser(bytes: [UInt8](data), name: name)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.at == parser.bytes.count else { throw parser.failure("has something after its end") }
    return value
  }

  private func failure(_ what: String) -> BundleError {
    let line = bytes[..<min(at, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1
    return BundleError(.invalidManifest, "\(name), line \(line): \(what)")
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0a || bytes[at] == 0x0d || bytes[at] == 0x09 { at += 1 }
  }

  private func peek() throws -> UInt8 {
    guard at < bytes.count else { throw failure("ends too early") }
    return bytes[at]
  }

  private mutating func take(_ character: Character) throws {
    guard try peek() == character.asciiValue else { throw failure("'\(character)' is missing") }
    at += 1
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth <= Self.greatestDepth else { throw failure("is nested more than \(Self.greatestDepth) deep") }
    skipSpace()
    switch try peek() {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
    guard bytes[at...].starts(with: word.utf8) else { throw failure("is not JSON") }
    at += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws -> JSONValue {
    var members: [String: JSONValue] = [:]
    try elements("{", "}") { parser in
      parser.skipSpace()
      let key = try parser.string()
      parser.skipSpace()
      try parser.take(":")
      let value = try parser.value(depth: depth + 1)
      guard members.updateValue(value, forKey: key) == nil else {
        throw parser.failure("an object has '\(key.prefix(80))' twice")
      }
    }
    return .object(members)
  }

  private mutating func array(depth: Int) throws -> JSONValue {
    var values: [JSONValue] = []
    try elements("[", "]") { parser in values.append(try parser.value(depth: depth + 1)) }
    return .array(values)
  }

  private mutating func elements(
    _ opening: Character, _ closing: Character, _ element: (inout JSONParser) throws -> Void
  ) throws {
    try take(opening)
    skipSpace()
    if try peek() == closing.asciiValue {
      at += 1
      return
    }
    while true {
      try element(&self)
      skipSpace()
      if try peek() == closing.asciiValue { break }
      try take(",")
    }
    at += 1
  }

  /// -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][-+]?[0-9]+)?
  private mutating func number() throws -> String {
    let start = at
    _ = skip("-")
    if !skip("0") { try skipDigits() }
    if skip(".") { try skipDigits() }
    if skip("e") || skip("E") {
      if !skip("-") { _ = skip("+") }
      try skipDigits()
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private mutating func skip(_ character: Character) -> Bool {
    guard at < bytes.count, bytes[at] == character.asciiValue else { return false }
    at += 1
    return true
  }

  private mutating func skipDigits() throws {
    let start = at
    while at < bytes.count, bytes[at] >= UInt8(ascii: "0"), bytes[at] <= UInt8(ascii: "9") { at += 1 }
    guard at > start else { throw failure("is not JSON") }
  }

  private mutating func string() throws -> String {
    try take("\"")
    var text: [UInt8] = []
    while true {
      let byte = try peek()
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw failure("has text that is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): text += try escaped().utf8
      case 0..<0x20: throw failure("has a control character in a string")
      default: text.append(byte)
      }
    }
  }

  private mutating func escaped() throws -> String {
    let byte = try peek()
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(UnicodeScalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw failure("has an escape that JSON does not know")
    }
    let unit = try codeUnit()
    guard UTF16.isLeadSurrogate(unit) else { return try scalars([unit]) }
    try take("\\")
    try take("u")
    return try scalars([unit, try codeUnit()])
  }

  private mutating func codeUnit() throws -> UInt16 {
    guard bytes.count - at >= 4, bytes[at..<at + 4].allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
      let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw failure("has an escape that JSON does not know") }
    at += 4
    return unit
  }

  private func scalars(_ units: [UInt16]) throws -> String {
    guard let string = String(validating: units, as: UTF16.self) else { throw failure("has half a surrogate pair") }
    return string
  }
}
