import Foundation

/// JSON written in one way only, whatever wrote it before: what is hashed must not depend on a library's taste.
///
/// The layout is that of Python's `json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)` with a final newline:
/// keys sorted by their UTF-8 bytes, one space a level, every element on a line of its own. Numbers keep their text.
enum JSONText {
  /// `value` as Foundation encodes it, laid out.
  static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return encode(try JSONParser.parse(encoder.encode(value), name: "JSON"))
  }

  static func encode(_ value: JSONValue) -> Data {
    var text: [UInt8] = []
    write(value, indent: 0, to: &text)
    text.append(UInt8(ascii: "\n"))
    return Data(text)
  }

  private static func write(_ value: JSONValue, indent: Int, to text: inout [UInt8]) {
    switch value {
    case .null: text += "null".utf8
    case .bool(let bool): text += (bool ? "true" : "false").utf8
    case .number(let digits): text += digits.utf8
    case .string(let string): write(string, to: &text)
    case .array(let elements):
      list(elements, "[", "]", indent: indent, to: &text) { write($0, indent: indent + 1, to: &$1) }
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      list(sorted, "{", "}", indent: indent, to: &text) { member, text in
        write(member.key, to: &text)
        text += ": ".utf8
        write(member.value, indent: indent + 1, to: &text)
      }
    }
  }

  private static func list<Element>(
    _ elements: [Element], _ opening: String, _ closing: String, indent: Int, to text: inout [UInt8],
    _ body: (Element, inout [UInt8]) -> Void
  ) {
    text += opening.utf8
    for (i, element) in elements.enumerated() {
      text += (i == 0 ? "\n" : ",\n").utf8
      text += repeatElement(UInt8(ascii: " "), count: indent + 1)
      body(element, &text)
    }
    if !elements.isEmpty { text += "\n".utf8 + Array(repeating: UInt8(ascii: " "), count: indent) }
    text += closing.utf8
  }

  private static func write(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): text += "\\\"".utf8
      case UInt8(ascii: "\\"): text += "\\\\".utf8
      case 0x08: text += "\\b".utf8
      case 0x09: text += "\\t".utf8
      case 0x0a: text += "\\n".utf8
      case 0x0c: text += "\\f".utf8
      case 0x0d: text += "\\r".utf8
      case 0..<0x20: text += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
