import Foundation

/// A strict JSON reader for bytes of unknown origin: integers stay exact, a key that comes twice is an error (two
/// readers could disagree on its value), nesting is bounded, and errors name the byte.
struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private let file: String
  /// Position of `bytes` in the file, for messages.
  private let origin: Int
  private var position = 0
  private var depth = 0

  private static let greatestDepth = 64

  /// The one value in `bytes`; white space may surround it.
  ///
  /// - Throws: `ModelError.malformedFile`.
  static func parse(_ bytes: UnsafeRawBufferPointer, file: URL, origin: Int = 0) throws -> JSONValue {
    var parser = JSONParser(bytes: bytes, file: file.path, origin: origin)
    let value = try parser.value()
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.error("more text after the end of the JSON value") }
    return value
  }

  private init(bytes: UnsafeRawBufferPointer, file: String, origin: Int) {
    self.bytes = bytes
    self.file = file
    self.origin = origin
  }

  private func error(_ what: String, at place: Int? = nil) -> ModelError {
    ModelError(.malformedFile, "\(file): byte \(origin + (place ?? position)): \(what)")
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0a, 0x0d, 0x09: position += 1
      default: return
      }
    }
  }

  /// The next byte that is not space, not yet taken.
  private mutating func peek() throws -> UInt8 {
    skipSpace()
    guard position < bytes.count else { throw error("the JSON text ends in the middle") }
    return bytes[position]
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard try peek() == UInt8(ascii: character) else { throw error("expected '\(character)'") }
    position += 1
  }

  private mutating func value() throws -> JSONValue {
    switch try peek() {
    case UInt8(ascii: "{"): return try nested { try $0.object() }
    case UInt8(ascii: "["): return try nested { try $0.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(_ body: (inout JSONParser) throws -> JSONValue) throws -> JSONValue {
    depth += 1
    guard depth <= JSONParser.greatestDepth else { throw error("nested deeper than \(JSONParser.greatestDepth)") }
    position += 1
    let result = try body(&self)
    depth -= 1
    return result
  }

  private mutating func object() throws -> JSONValue {
    var members: [String: JSONValue] = [:]
    if try peek() == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      _ = try peek()
      let start = position
      let key = try string()
      try expect(":")
      guard members.updateValue(try value(), forKey: key) == nil else {
        throw error("the key '\(key)' comes twice", at: start)
      }
      if try peek() == UInt8(ascii: "}") { break }
      try expect(",")
    }
    position += 1
    return .object(members)
  }

  private mutating func array() throws -> JSONValue {
    var values: [JSONValue] = []
    if try peek() == UInt8(ascii: "]") {
      position += 1
      return .array(values)
    }
    while true {
      values.append(try value())
      if try peek() == UInt8(ascii: "]") { break }
      try expect(",")
    }
    position += 1
    return .array(values)
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw error("expected '\(word)'") }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    while position < bytes.count, "+-.0123456789eE".utf8.contains(bytes[position]) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let digits = text.drop { $0 == "-" }
    guard text.first == "-" || text.first?.isNumber == true, digits.count >= text.count - 1,
      digits.first?.isNumber == true, let value = Double(text), value.isFinite
    else { throw error(text.isEmpty ? "expected a JSON value" : "'\(text.prefix(40))' is no number", at: start) }
    return Int(text).map { .integer($0) } ?? .number(value)
  }

  private mutating func string() throws -> String {
    guard try peek() == UInt8(ascii: "\"") else { throw error("expected a string in quotes") }
    position += 1
    let start = position
    var hasEscapes = false
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard bytes[position] >= 0x20 else { throw error("a control character within a string") }
      if bytes[position] == UInt8(ascii: "\\") {
        hasEscapes = true
        position += 1
      }
      position += 1
    }
    guard position < bytes.count else { throw error("a string without end", at: start - 1) }
    let content = bytes[start..<position]
    position += 1
    guard let text = String(validating: content, as: UTF8.self) else {
      throw error("a string that is not UTF-8", at: start)
    }
    return hasEscapes ? try unescaped(text, at: start) : text
  }

  private func unescaped(_ text: String, at start: Int) throws -> String {
    let simple: [UInt16: UInt16] = [
      0x22: 0x22, 0x5c: 0x5c, 0x2f: 0x2f, 0x62: 0x08, 0x66: 0x0c, 0x6e: 0x0a, 0x72: 0x0d, 0x74: 0x09,
    ]
    let units = Array(text.utf16)
    var result: [UInt16] = []
    var i = 0
    while i < units.count {
      guard units[i] == 0x5c else {
        result.append(units[i])
        i += 1
        continue
      }
      if units[i + 1] == 0x75, i + 5 < units.count,
        let unit = UInt16(String(decoding: units[i + 2...i + 5], as: UTF16.self), radix: 16)
      {
        result.append(unit)
        i += 6
      } else if let unit = simple[units[i + 1]] {
        result.append(unit)
        i += 2
      } else {
        throw error("an escape that JSON does not have", at: start)
      }
    }
    return String(decoding: result, as: UTF16.self)
  }
}
