/// A JSON document, as configurations and headers hold it.
enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number without fraction or exponent that fits.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The value as JSON text with sorted keys, so that equal values are equal bytes.
  ///
  /// - Parameter indent: spaces a level; nil writes one line.
  func text(indent: Int? = nil, level: Int = 0) -> String {
    func lines(_ open: String, _ items: [String], _ close: String) -> String {
      guard let indent, !items.isEmpty else { return open + items.joined(separator: ",") + close }
      let margin = String(repeating: " ", count: indent * level), inner = margin + String(repeating: " ", count: indent)
      return open + "\n" + items.map { inner + $0 }.joined(separator: ",\n") + "\n" + margin + close
    }
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return "\(value)"
    case .string(let value): return JSONValue.quoted(value)
    case .array(let values): return lines("[", values.map { $0.text(indent: indent, level: level + 1) }, "]")
    case .object(let members):
      let separator = indent == nil ? ":" : ": "
      let items = members.sorted { $0.key < $1.key }.map {
        JSONValue.quoted($0.key) + separator + $0.value.text(indent: indent, level: level + 1)
      }
      return lines("{", items, "}")
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
