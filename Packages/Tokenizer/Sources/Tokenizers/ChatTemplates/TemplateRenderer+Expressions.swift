extension TemplateRenderer {
  func evaluate(_ expression: TemplateExpression, in frame: TemplateFrame) throws -> TemplateValue {
    try charge(1)
    try descend()
    defer { ascend() }
    do {
      return try evaluate(kind: expression, in: frame)
    } catch var failure as TemplateFailure {
      failure.position = failure.position ?? expression.position
      throw failure
    }
  }

  private func evaluate(kind expression: TemplateExpression, in frame: TemplateFrame) throws -> TemplateValue {
    switch expression.kind {
    case .constant(let value): return Self.constant(value)
    case .name(let name): return value(of: name, in: frame)
    case .tuple(let items): return .tuple(try evaluate(items, in: frame))
    case .list(let items): return .list(try evaluate(items, in: frame))
    case .dictionary(let pairs): return try evaluate(pairs: pairs, in: frame)
    case .negative(let operand): return try negate(try evaluate(operand, in: frame), by: -1)
    case .positive(let operand): return try negate(try evaluate(operand, in: frame), by: 1)
    case .not(let operand): return .boolean(!(try evaluate(operand, in: frame).isTrue))
    case .and(let left, let right):
      let value = try evaluate(left, in: frame)
      return value.isTrue ? try evaluate(right, in: frame) : value
    case .or(let left, let right):
      let value = try evaluate(left, in: frame)
      return value.isTrue ? value : try evaluate(right, in: frame)
    case .arithmetic(let operation, let left, let right):
      return try arithmetic(operation, try evaluate(left, in: frame), try evaluate(right, in: frame))
    case .concatenation(let parts): return try concatenate(parts, in: frame)
    case .comparison(let first, let rest): return try compare(first, rest, in: frame)
    case .conditional(let test, let value, let otherwise):
      if try evaluate(test, in: frame).isTrue { return try evaluate(value, in: frame) }
      return try otherwise.map { try evaluate($0, in: frame) }
        ?? .undefined("the inline if-expression evaluated to false and no else section was defined.")
    case .attribute(let value, let name): return try attribute(name, of: try evaluate(value, in: frame))
    case .subscript_(let value, let index):
      return try item(try evaluate(index, in: frame), of: try evaluate(value, in: frame))
    case .slice(let value, let bounds): return try slice(value, bounds, in: frame)
    case .call: return try evaluate(call: expression, in: frame, caller: nil)
    case .filter: return try evaluate(filter: expression, of: .none, in: frame)
    case .test(let value, let name, let arguments):
      let value = try evaluate(value, in: frame)
      return .boolean(try apply(test: name, to: value, try evaluate(arguments, in: frame)))
    }
  }

  private static func constant(_ value: JSONValue) -> TemplateValue {
    switch value {
    case .null, .array, .object: .none
    case .boolean(let value): .boolean(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .string(let text): .string(text)
    }
  }

  private func evaluate(_ items: [TemplateExpression], in frame: TemplateFrame) throws -> TemplateItems {
    try TemplateItems(try items.map { try evaluate($0, in: frame) })
  }

  private func evaluate(
    pairs: [(key: TemplateExpression, value: TemplateExpression)], in frame: TemplateFrame
  ) throws -> TemplateValue {
    var entries: [(key: TemplateValue, value: TemplateValue)] = []
    for pair in pairs { entries.append((try evaluate(pair.key, in: frame), try evaluate(pair.value, in: frame))) }
    return .dictionary(try TemplateDictionary(entries))
  }

  private func concatenate(_ parts: [TemplateExpression], in frame: TemplateFrame) throws -> TemplateValue {
    var text = ""
    for part in parts { text += try string(of: try evaluate(part, in: frame)) }
    return .string(try charged(text))
  }

  private func compare(
    _ first: TemplateExpression, _ rest: [(operation: TemplateComparison, operand: TemplateExpression)],
    in frame: TemplateFrame
  ) throws -> TemplateValue {
    var left = try evaluate(first, in: frame)
    for (operation, operand) in rest {
      let right = try evaluate(operand, in: frame)
      guard try holds(operation, left, right) else { return .boolean(false) }
      left = right
    }
    return .boolean(true)
  }

  private func slice(
    _ value: TemplateExpression, _ bounds: [TemplateExpression?], in frame: TemplateFrame
  ) throws -> TemplateValue {
    let value = try evaluate(value, in: frame)
    let bounds = try bounds.map { bound -> Int? in
      guard let bound else { return nil }
      switch try evaluate(bound, in: frame) {
      case .none: return nil
      case let value:
        guard let index = value.index else { throw TemplateFailure.failed("slice indices must be integers or None") }
        return index
      }
    }
    return try slice(value, from: bounds[0], to: bounds[1], by: bounds.count > 2 ? bounds[2] : nil)
  }

  // MARK: Calls

  func evaluate(_ arguments: TemplateArguments, in frame: TemplateFrame) throws -> TemplateCallArguments {
    TemplateCallArguments(
      positional: try arguments.positional.map { try evaluate($0, in: frame) },
      named: try arguments.named.map { ($0.name, try evaluate($0.value, in: frame)) })
  }

  func evaluate(
    call expression: TemplateExpression, in frame: TemplateFrame, caller: TemplateValue?
  ) throws -> TemplateValue {
    guard case .call(let callee, let arguments) = expression.kind else { return .none }
    let function = try evaluate(callee, in: frame)
    var values = try evaluate(arguments, in: frame)
    if let caller { values.named.append(("caller", caller)) }
    return try nested { try located(expression.position) { try call(function, values) } }
  }

  private func call(_ function: TemplateValue, _ arguments: TemplateCallArguments) throws -> TemplateValue {
    switch function {
    case .macro(let macro): return try call(macro, arguments)
    case .function(let function): return try call(function, arguments)
    case .method(let value, let name): return try call(method: name, of: value, arguments)
    case .undefined(let message): throw TemplateFailure.failed(message)
    case .loop: throw TemplateFailure.unsupported("a recursive loop")
    default: throw TemplateFailure.failed("'\(function.typeName)' object is not callable")
    }
  }

  /// A chain of filters. The innermost one without a value works on `value`.
  func evaluate(
    filter expression: TemplateExpression, of value: TemplateValue, in frame: TemplateFrame
  ) throws -> TemplateValue {
    guard case .filter(let inner, let name, let arguments) = expression.kind else {
      return try evaluate(expression, in: frame)
    }
    var value = value
    if let inner { value = try nested { try evaluate(filter: inner, of: value, in: frame) } }
    let values = try evaluate(arguments, in: frame)
    return try located(expression.position) { try apply(filter: name, to: value, values) }
  }
}
