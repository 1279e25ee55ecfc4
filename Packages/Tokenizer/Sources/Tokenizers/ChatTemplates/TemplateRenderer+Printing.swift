/// Values as text: what `{{ }}` prints, what lists show of their values, and JSON.
extension TemplateRenderer {
  /// Python's `str`.
  func string(of value: TemplateValue) throws -> String {
    switch value {
    case .undefined: return ""
    case .string(let text), .markup(let text): return try charged(text)
    default: return try representation(of: value)
    }
  }

  /// Python's `repr`.
  func representation(of value: TemplateValue) throws -> String {
    var text = ""
    try write(value, to: &text)
    return try charged(text)
  }

  private func write(_ value: TemplateValue, to text: inout String) throws {
    try charge(1)
    switch value {
    case .undefined: text += "Undefined"
    case .none: text += "None"
    case .boolean(let value): text += value ? "True" : "False"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.pythonRepresentation
    case .string(let string): text += try charged(string).pythonRepresentation
    case .markup(let string): text += "Markup(" + (try charged(string).pythonRepresentation) + ")"
    case .list(let items): try write(items.values, "[", "]", to: &text)
    case .tuple(let items): try write(items.values, "(", items.values.count == 1 ? ",)" : ")", to: &text)
    case .dictionary(let dictionary): try write(dictionary.entries, to: &text)
    case .view(let view):
      text += view.part.rawValue
      let values = try view.dictionary.entries.indices.map { try view.value(at: $0) }
      try write(values, "([", "])", to: &text)
    case .range(let range):
      text += "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
    case .macro(let macro): text += macro.name.map { "<Macro \($0.pythonRepresentation)>" } ?? "<Macro anonymous>"
    case .loop(let loop): text += "<LoopContext \(loop.index0 + 1)/\(try loop.length())>"
    case .namespace(let namespace):
      text += "<Namespace "
      // Namespaces may hold each other, in a circle too.
      try nested { try write(namespace.attributes.map { (key: .string($0.name), value: $0.value) }, to: &text) }
      text += ">"
    case .iterator, .function, .method:
      throw TemplateFailure.unsupported("printing a \(value.typeName)")
    }
  }

  private func write(_ values: [TemplateValue], _ open: String, _ close: String, to text: inout String) throws {
    text += open
    for (index, value) in values.enumerated() {
      if index > 0 { text += ", " }
      try write(value, to: &text)
    }
    text += close
  }

  private func write(_ entries: [(key: TemplateValue, value: TemplateValue)], to text: inout String) throws {
    text += "{"
    for (index, entry) in entries.enumerated() {
      if index > 0 { text += ", " }
      try write(entry.key, to: &text)
      text += ": "
      try write(entry.value, to: &text)
    }
    text += "}"
  }
}

/// `tojson` as transformers has it: Python's `json.dumps`, which escapes nothing for HTML.
struct TemplateJSONWriter {
  var escapesNonASCII = false
  /// What a level is indented by; nil for one line.
  var indent: String?
  var itemSeparator = ", "
  var keySeparator = ": "
  var sortsKeys = false
  private(set) var text = ""

  init() {}

  mutating func write(_ value: TemplateValue, level: Int = 0, charging renderer: TemplateRenderer) throws {
    try renderer.charge(1)
    switch value {
    case .none: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += Self.number(value)
    case .string(let string), .markup(let string): try write(string: string, charging: renderer)
    case .list(let items), .tuple(let items): try write(items.values, level: level, charging: renderer)
    case .dictionary(let dictionary): try write(dictionary.entries, level: level, charging: renderer)
    default: throw TemplateFailure.failed("Object of type \(value.typeName) is not JSON serializable")
    }
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return value.pythonRepresentation
  }

  private mutating func write(_ values: [TemplateValue], level: Int, charging renderer: TemplateRenderer) throws {
    guard !values.isEmpty else { return text += "[]" }
    text += "["
    for (index, value) in values.enumerated() {
      if index > 0 { text += itemSeparator }
      try breakLine(level + 1, charging: renderer)
      try write(value, level: level + 1, charging: renderer)
    }
    try breakLine(level, charging: renderer)
    text += "]"
  }

  private mutating func write(
    _ entries: [(key: TemplateValue, value: TemplateValue)], level: Int, charging renderer: TemplateRenderer
  ) throws {
    guard !entries.isEmpty else { return text += "{}" }
    var entries = entries
    if sortsKeys { entries = try renderer.sorted(entries) { $0.key } }
    text += "{"
    for (index, entry) in entries.enumerated() {
      if index > 0 { text += itemSeparator }
      try breakLine(level + 1, charging: renderer)
      try write(string: try Self.key(entry.key), charging: renderer)
      text += keySeparator
      try write(entry.value, level: level + 1, charging: renderer)
    }
    try breakLine(level, charging: renderer)
    text += "}"
  }

  private static func key(_ key: TemplateValue) throws -> String {
    switch key {
    case .string(let text), .markup(let text): text
    case .none: "null"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): number(value)
    default: throw TemplateFailure.failed("keys must be str, int, float, bool or None, not \(key.typeName)")
    }
  }

  private mutating func breakLine(_ level: Int, charging renderer: TemplateRenderer) throws {
    guard let indent else { return }
    try renderer.charge(text: indent.utf8.count * level)
    text += "\n" + String(repeating: indent, count: level)
  }

  private mutating func write(string: String, charging renderer: TemplateRenderer) throws {
    try renderer.charge(text: string.utf8.count)
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      default:
        if scalar.value < 0x20 || (escapesNonASCII && scalar.value > 0x7E) {
          for unit in UTF16.encode(scalar) ?? .init() { text += Self.escape(unit) }
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
  }

  private static func escape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }
}
