/// What follows `is`.
extension TemplateRenderer {
  private static let tests: Set<String> = [
    "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "even", "escaped", "false", "filter", "float",
    "ge", "greaterthan", "gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none",
    "number", "odd", "sameas", "sequence", "string", "test", "true", "undefined", "upper",
    "==", "!=", "<", "<=", ">", ">=",
  ]

  static func hasTest(_ name: String) -> Bool { tests.contains(name) }

  static func unknownTest(_ name: String, at position: Int? = nil) -> TemplateFailure {
    TemplateFailure(.malformedChatTemplate, "there is no test '\(name)'", at: position)
  }

  func apply(test name: String, to value: TemplateValue, _ arguments: TemplateCallArguments) throws -> Bool {
    var reader = TemplateArgumentReader(arguments, of: name)
    let result = try holds(name, value, &reader)
    try reader.finish()
    return result
  }

  private func holds(
    _ name: String, _ value: TemplateValue, _ reader: inout TemplateArgumentReader
  ) throws -> Bool {
    if let result = try kind(name, of: value) { return result }
    let operations: [String: TemplateComparison] = [
      "eq": .equal, "equalto": .equal, "==": .equal, "ne": .notEqual, "!=": .notEqual, "lt": .less, "lessthan": .less,
      "<": .less, "le": .lessOrEqual, "<=": .lessOrEqual, "gt": .greater, "greaterthan": .greater, ">": .greater,
      "ge": .greaterOrEqual, ">=": .greaterOrEqual, "in": .isIn,
    ]
    if let operation = operations[name] { return try holds(operation, value, try reader.required("other")) }
    switch name {
    case "odd", "even":
      let remainder = try arithmetic(.modulo, value, .integer(2))
      return try equal(remainder, .integer(name == "odd" ? 1 : 0))
    case "divisibleby":
      return try equal(try arithmetic(.modulo, value, try reader.required("num")), .integer(0))
    case "sameas": return try isSame(value, try reader.required("other"))
    case "filter": return value.text.map(Self.hasFilter) ?? false
    case "test": return value.text.map(Self.hasTest) ?? false
    default: throw Self.unknownTest(name)
    }
  }

  /// Tests that look at nothing but the value; nil if `name` is none of them.
  private func kind(_ name: String, of value: TemplateValue) throws -> Bool? {
    switch (name, value) {
    case ("defined", _): return !value.isUndefined
    case ("undefined", _): return value.isUndefined
    case ("none", .none), ("boolean", .boolean), ("integer", .integer), ("float", .number), ("mapping", .dictionary),
      ("string", .string), ("string", .markup), ("escaped", .markup):
      return true
    case ("true", .boolean(let flag)): return flag
    case ("false", .boolean(let flag)): return !flag
    case ("number", .boolean), ("number", .integer), ("number", .number): return true
    case ("sequence", .undefined), ("sequence", .string), ("sequence", .markup), ("sequence", .list),
      ("sequence", .tuple), ("sequence", .dictionary), ("sequence", .range):
      return true
    case ("iterable", .undefined), ("iterable", .string), ("iterable", .markup), ("iterable", .list),
      ("iterable", .tuple), ("iterable", .dictionary), ("iterable", .range), ("iterable", .view),
      ("iterable", .iterator), ("iterable", .loop):
      return true
    case ("callable", .undefined), ("callable", .function), ("callable", .method), ("callable", .macro),
      ("callable", .loop):
      return true
    case ("lower", _), ("upper", _):
      guard case .boolean(let result) = Self.predicate("is" + name, of: try string(of: value)) else { return false }
      return result
    case ("none", _), ("boolean", _), ("integer", _), ("float", _), ("mapping", _), ("string", _), ("escaped", _),
      ("true", _), ("false", _), ("number", _), ("sequence", _), ("iterable", _), ("callable", _):
      return false
    default: return nil
    }
  }

  private func isSame(_ a: TemplateValue, _ b: TemplateValue) throws -> Bool {
    switch (a, b) {
    case (.none, .none): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)): a === b
    case (.dictionary(let a), .dictionary(let b)): a === b
    case (.namespace(let a), .namespace(let b)): a === b
    case _ where a.typeName != b.typeName: false
    default: throw TemplateFailure.unsupported("'sameas' of a \(a.typeName)")
    }
  }
}
