/// Takes the arguments of a call one parameter after the other, as Python binds them.
struct TemplateArgumentReader {
  private let function: String
  private var positional: ArraySlice<TemplateValue>
  private var named: [(name: String, value: TemplateValue)]

  init(_ arguments: TemplateCallArguments, of function: String) {
    self.function = function
    positional = arguments.positional[...]
    named = arguments.named
  }

  /// The next parameter, by position or by name.
  mutating func optional(_ name: String) throws -> TemplateValue? {
    let index = named.firstIndex { $0.name == name }
    if let value = positional.popFirst() {
      guard index == nil else { throw TemplateFailure.failed("\(function)() got two values for '\(name)'") }
      return value
    }
    return index.map { named.remove(at: $0).value }
  }

  /// A parameter that can only be given by position.
  mutating func positionalOnly() -> TemplateValue? { positional.popFirst() }

  mutating func required(_ name: String) throws -> TemplateValue {
    guard let value = try optional(name) else { throw TemplateFailure.failed("\(function)() lacks '\(name)'") }
    return value
  }

  mutating func boolean(_ name: String) throws -> Bool { try optional(name)?.isTrue ?? false }

  mutating func integer(_ name: String, default fallback: Int) throws -> Int {
    guard let value = try optional(name) else { return fallback }
    guard let integer = value.index else {
      throw TemplateFailure.failed("\(function)(): '\(name)' must be an integer, not \(value.typeName)")
    }
    return integer
  }

  /// An optional string; nil for none, too.
  mutating func text(_ name: String) throws -> String? {
    guard let value = try optional(name) else { return nil }
    if case .none = value { return nil }
    guard let text = value.text else {
      throw TemplateFailure.failed("\(function)(): '\(name)' must be a string, not \(value.typeName)")
    }
    return text
  }

  /// What no parameter took.
  var rest: TemplateCallArguments { TemplateCallArguments(positional: Array(positional), named: named) }

  func finish() throws {
    guard positional.isEmpty else { throw TemplateFailure.failed("\(function)() got too many arguments") }
    if let extra = named.first { throw TemplateFailure.failed("\(function)() has no argument '\(extra.name)'") }
  }
}
