import Foundation

/// What follows `|`.
extension TemplateRenderer {
  private typealias Filter =
    @Sendable (TemplateRenderer) -> (TemplateValue, inout TemplateArgumentReader) throws -> TemplateValue

  private static let filters: [String: Filter] = [
    "abs": absolute, "batch": batch, "capitalize": { $0.text(\.pythonCapitalized) }, "count": size,
    "d": fallback, "default": fallback, "dictsort": sortDictionary, "first": first, "float": float,
    "indent": indent, "int": integer, "items": items, "join": join, "last": last, "length": size, "list": list,
    "lower": { $0.text(\.pythonLowercased) }, "map": map, "max": { $0.extreme(takingLast: true) },
    "min": { $0.extreme(takingLast: false) }, "reject": { $0.select(false, byAttribute: false) },
    "rejectattr": { $0.select(false, byAttribute: true) }, "replace": replace, "reverse": reverse, "round": round,
    "safe": safe, "select": { $0.select(true, byAttribute: false) },
    "selectattr": { $0.select(true, byAttribute: true) }, "slice": slices, "sort": sort, "string": string,
    "sum": sum, "title": { $0.text(\.jinjaTitle) }, "tojson": json, "trim": trim, "unique": unique,
    "upper": { $0.text(\.pythonUppercased) },
  ]

  /// Those of Jinja that this package has not.
  private static let otherFilters: Set<String> = [
    "attr", "center", "e", "escape", "filesizeformat", "forceescape", "format", "groupby", "pprint", "random",
    "striptags", "truncate", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr",
  ]

  static func hasFilter(_ name: String) -> Bool { filters[name] != nil }

  static func unknownFilter(_ name: String, at position: Int? = nil) -> TemplateFailure {
    if otherFilters.contains(name) { return .unsupported("the filter '\(name)'", at: position) }
    return TemplateFailure(.malformedChatTemplate, "there is no filter '\(name)'", at: position)
  }

  func apply(
    filter name: String, to value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    guard let filter = Self.filters[name] else { throw Self.unknownFilter(name) }
    var reader = TemplateArgumentReader(arguments, of: name)
    let result = try filter(self)(value, &reader)
    try reader.finish()
    return result
  }

  // MARK: Any value

  private func fallback(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let fallback = try reader.optional("default_value") ?? .string("")
    let coversFalse = try reader.boolean("boolean")
    return value.isUndefined || (coversFalse && !value.isTrue) ? fallback : value
  }

  private func size(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    .integer(try length(of: value))
  }

  private func string(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    if case .markup = value { return value }
    return .string(try string(of: value))
  }

  private func safe(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    .markup(try string(of: value))
  }

  private func json(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    var writer = TemplateJSONWriter()
    writer.escapesNonASCII = try reader.boolean("ensure_ascii")
    switch try reader.optional("indent") {
    case nil, .some(.none): break
    case .some(let indent):
      if let width = indent.index {
        try charge(max(0, width))
        writer.indent = String(repeating: " ", count: max(0, width))
      } else {
        writer.indent = try string(of: indent)
      }
      writer.itemSeparator = ","
    }
    if let separators = try reader.optional("separators"), separators.isTrue {
      let texts = try values(of: separators).map { try string(of: $0) }
      guard texts.count == 2 else { throw TemplateFailure.failed("tojson() takes two separators") }
      (writer.itemSeparator, writer.keySeparator) = (texts[0], texts[1])
    }
    writer.sortsKeys = try reader.boolean("sort_keys")
    try writer.write(value, charging: self)
    return .string(try charged(writer.text))
  }

  // MARK: Text

  private func text(
    _ change: @escaping (String) -> String
  ) -> (TemplateValue, inout TemplateArgumentReader) throws -> TemplateValue {
    { [self] value, _ in .string(try charged(change(try string(of: value)))) }
  }

  private func trim(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let characters = try reader.text("chars")
    return .string(strip(try string(of: value), characters, leading: true, trailing: true))
  }

  private func replace(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let old = try string(of: try reader.required("old"))
    let new = try string(of: try reader.required("new"))
    var most = -1
    if let count = try reader.optional("count"), let number = count.index { most = number }
    return .string(try replace(old, with: new, in: try string(of: value), atMost: most))
  }

  private func indent(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let width = try reader.optional("width") ?? .integer(4)
    let indentsFirst = try reader.boolean("first")
    let indentsBlank = try reader.boolean("blank")
    guard let text = value.text else {
      throw TemplateFailure.failed("indent: expected a string, not \(value.typeName)")
    }
    var indention = width.text ?? ""
    if let count = width.index {
      try charge(max(0, count))
      indention = String(repeating: " ", count: max(0, count))
    }
    let lines = (text + "\n").pythonLines
    try charge(text: lines.count * (1 + indention.utf8.count))
    var result = lines[0]
    for line in lines.dropFirst() { result += "\n" + (line.isEmpty && !indentsBlank ? "" : indention) + line }
    return .string(try charged(indentsFirst ? indention + result : result))
  }

  // MARK: Numbers

  private func absolute(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    if case .number(let number) = value { return .number(Swift.abs(number)) }
    guard let integer = value.index else {
      throw TemplateFailure.failed("bad operand type for abs(): '\(value.typeName)'")
    }
    return integer < 0 ? try negate(.integer(integer), by: -1) : .integer(integer)
  }

  private func integer(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let fallback = try reader.optional("default") ?? .integer(0)
    let base = try reader.integer("base", default: 10)
    if let text = value.text {
      if let integer = try PythonNumber.integer(text, base: base) { return .integer(integer) }
      guard let number = PythonNumber.float(text), number.isFinite else { return fallback }
      return try whole(number)
    }
    switch value {
    case .undefined(let message): throw TemplateFailure.failed(message)
    case .number(let number): return number.isFinite ? try whole(number) : fallback
    default: return value.index.map(TemplateValue.integer) ?? fallback
    }
  }

  private func whole(_ number: Double) throws -> TemplateValue {
    guard let integer = Int(exactly: number.rounded(.towardZero)) else {
      throw TemplateFailure.unsupported("an integer of more than 64 bits")
    }
    return .integer(integer)
  }

  private func float(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let fallback = try reader.optional("default") ?? .number(0)
    if case .undefined(let message) = value { throw TemplateFailure.failed(message) }
    let number = value.text.map(PythonNumber.float) ?? Self.number(value)
    return number.map(TemplateValue.number) ?? fallback
  }

  private func round(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let precision = try reader.integer("precision", default: 0)
    let method = try reader.text("method") ?? "common"
    guard (0...300).contains(precision) else { throw TemplateFailure.unsupported("rounding to \(precision) digits") }
    if case .undefined(let message) = value { throw TemplateFailure.failed(message) }
    guard let number = Self.number(value) else {
      throw TemplateFailure.failed("type \(value.typeName) doesn't define __round__ method")
    }
    switch method {
    case "common":
      if let integer = value.index { return .integer(integer) }
      return .number(number.isFinite ? Double(String(format: "%.\(precision)f", number)) ?? number : number)
    case "ceil", "floor":
      let scale = pow(10, Double(precision))
      let scaled = (number * scale).rounded(method == "ceil" ? .up : .down)
      guard scaled.isFinite else { throw TemplateFailure.failed("cannot convert float to integer") }
      return .number((scaled == 0 ? 0 : scaled) / scale)
    default: throw TemplateFailure.failed("method must be common, ceil or floor")
    }
  }
}

/// Numbers as Python reads them from text.
enum PythonNumber {
  static func integer(_ text: String, base: Int) throws -> Int? {
    guard base == 0 || (2...36).contains(base) else { return nil }
    var digits = text.stripped(leading: true, trailing: true, \.isPythonSpace)[...]
    var isNegative = false
    if let sign = digits.first, sign == "-" || sign == "+" {
      isNegative = sign == "-"
      digits.removeFirst()
    }
    var radix = base == 0 ? 10 : base
    for (prefix, value) in [("0b", 2), ("0o", 8), ("0x", 16)]
    where digits.lowercased().hasPrefix(prefix) && (base == value || base == 0) {
      radix = value
      digits = digits.dropFirst(2)
      if digits.hasPrefix("_") { digits.removeFirst() }
    }
    guard let plain = withoutSeparators(digits), plain.allSatisfy({ $0.isASCII && $0.isHexDigit || $0.isLetter }),
      plain.utf8.allSatisfy({ Int(String(UnicodeScalar($0)), radix: radix) != nil })
    else { return nil }
    guard let value = Int((isNegative ? "-" : "") + plain, radix: radix) else {
      throw TemplateFailure.unsupported("an integer of more than 64 bits")
    }
    return value
  }

  static func float(_ text: String) -> Double? {
    let digits = text.stripped(leading: true, trailing: true, \.isPythonSpace)
    let words = ["inf", "infinity", "nan"]
    let bare = digits.lowercased().drop { $0 == "-" || $0 == "+" }
    if words.contains(String(bare)), digits.utf8.count - bare.utf8.count <= 1 {
      let value = bare == "nan" ? Double.nan : Double.infinity
      return digits.hasPrefix("-") ? -value : value
    }
    guard digits.utf8.allSatisfy({ "0123456789+-.eE_".utf8.contains($0) }), let plain = withoutSeparators(digits[...])
    else { return nil }
    let completed = plain.hasSuffix(".") ? plain + "0" : plain.replacingOccurrences(of: ".e", with: ".0e")
    return Double(completed)
  }

  /// Underscores stand between digits only.
  private static func withoutSeparators(_ digits: Substring) -> String? {
    guard !digits.isEmpty, !digits.hasPrefix("_"), !digits.hasSuffix("_"), !digits.contains("__") else { return nil }
    return digits.filter { $0 != "_" }
  }
}
