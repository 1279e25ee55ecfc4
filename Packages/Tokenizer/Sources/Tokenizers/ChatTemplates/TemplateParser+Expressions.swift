/// Expressions, loosest first.
extension TemplateParser {
  /// An expression; a tuple where there are commas.
  mutating func tupleOrExpression(
    allowingConditional: Bool = true, until end: String? = nil
  ) throws -> TemplateExpression {
    let position = current.position
    var items: [TemplateExpression] = []
    var isTuple = false
    while !endsTuple(end) {
      items.append(try expression(allowingConditional: allowingConditional))
      guard skip(.comma) else { break }
      isTuple = true
    }
    if isTuple { return try make(.tuple(items), at: position) }
    guard let only = items.first else { throw malformed("expected an expression, found \(current.description)") }
    return only
  }

  private func endsTuple(_ end: String?) -> Bool {
    switch current.kind {
    case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
    case .name(let name): name == end
    default: false
    }
  }

  mutating func expression(allowingConditional: Bool = true) throws -> TemplateExpression {
    try nested { parser in
      allowingConditional ? try parser.conditional() : try parser.disjunction()
    }
  }

  private func make(_ kind: TemplateExpression.Kind, at position: Int) throws -> TemplateExpression {
    let bare = TemplateExpression(kind, at: position, depth: 1)
    let depth = 1 + (bare.children.map(\.depth).max() ?? 0)
    guard depth <= Self.deepestNesting else {
      throw TemplateFailure(
        .chatTemplateLimit, "an expression of more than \(Self.deepestNesting) levels", at: position)
    }
    return TemplateExpression(kind, at: position, depth: depth)
  }

  private mutating func conditional() throws -> TemplateExpression {
    let position = current.position
    let outer = isConditional
    defer { isConditional = outer }
    // The value is read before its `if` is seen, so its filters are let pass too.
    let hasCondition = looksConditional()
    isConditional = outer || hasCondition
    var value = try disjunction()
    while skipName("if") {
      let test = try disjunction()
      let otherwise = skipName("else") ? try nested { try $0.conditional() } : nil
      value = try make(.conditional(test: test, value: value, otherwise: otherwise), at: position)
    }
    return value
  }

  /// Whether an `if` follows within the same brackets and tag.
  private func looksConditional() -> Bool {
    var depth = 0
    for token in tokens[index...] {
      switch token.kind {
      case .symbol(.leftParenthesis), .symbol(.leftBracket), .symbol(.leftBrace): depth += 1
      case .symbol(.rightParenthesis), .symbol(.rightBracket), .symbol(.rightBrace):
        depth -= 1
        if depth < 0 { return false }
      case .symbol(.comma) where depth == 0: return false
      case .name("if") where depth == 0: return true
      case .variableEnd, .blockEnd, .end: return false
      default: break
      }
    }
    return false
  }

  private mutating func disjunction() throws -> TemplateExpression {
    let position = current.position
    var left = try conjunction()
    while skipName("or") { left = try make(.or(left, try conjunction()), at: position) }
    return left
  }

  private mutating func conjunction() throws -> TemplateExpression {
    let position = current.position
    var left = try negation()
    while skipName("and") { left = try make(.and(left, try negation()), at: position) }
    return left
  }

  private mutating func negation() throws -> TemplateExpression {
    let position = current.position
    guard skipName("not") else { return try comparison() }
    return try make(.not(try nested { try $0.negation() }), at: position)
  }

  private mutating func comparison() throws -> TemplateExpression {
    let first = try sum()
    let position = current.position
    var rest: [(operation: TemplateComparison, operand: TemplateExpression)] = []
    while let operation = takeComparison() { rest.append((operation, try sum())) }
    return rest.isEmpty ? first : try make(.comparison(first, rest), at: position)
  }

  private mutating func takeComparison() -> TemplateComparison? {
    let operation: TemplateComparison
    switch current.kind {
    case .symbol(.equal): operation = .equal
    case .symbol(.notEqual): operation = .notEqual
    case .symbol(.less): operation = .less
    case .symbol(.lessOrEqual): operation = .lessOrEqual
    case .symbol(.greater): operation = .greater
    case .symbol(.greaterOrEqual): operation = .greaterOrEqual
    case .name("in"): operation = .isIn
    case .name("not") where following.kind == .name("in"):
      next()
      operation = .isNotIn
    default: return nil
    }
    next()
    return operation
  }

  private mutating func sum() throws -> TemplateExpression {
    var left = try concatenation()
    while case .symbol(let symbol) = current.kind, symbol == .add || symbol == .subtract {
      let position = next().position
      left = try make(.arithmetic(symbol, left, try concatenation()), at: position)
    }
    return left
  }

  private mutating func concatenation() throws -> TemplateExpression {
    let position = current.position
    var parts = [try product()]
    while skip(.tilde) { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : try make(.concatenation(parts), at: position)
  }

  private mutating func product() throws -> TemplateExpression {
    var left = try power()
    while case .symbol(let symbol) = current.kind,
      [.multiply, .divide, .floorDivide, .modulo].contains(symbol)
    {
      let position = next().position
      left = try make(.arithmetic(symbol, left, try power()), at: position)
    }
    return left
  }

  private mutating func power() throws -> TemplateExpression {
    var left = try unary()
    while current.kind == .symbol(.power) {
      let position = next().position
      left = try make(.arithmetic(.power, left, try unary()), at: position)
    }
    return left
  }

  private mutating func unary(withFilters: Bool = true) throws -> TemplateExpression {
    let position = current.position
    var value: TemplateExpression
    if skip(.subtract) {
      value = try make(.negative(try nested { try $0.unary(withFilters: false) }), at: position)
    } else if skip(.add) {
      value = try make(.positive(try nested { try $0.unary(withFilters: false) }), at: position)
    } else {
      value = try primary()
    }
    value = try postfix(of: value)
    return withFilters ? try filtersAndTests(of: value) : value
  }

  private mutating func primary() throws -> TemplateExpression {
    let token = next()
    switch token.kind {
    case .name("true"), .name("True"): return try make(.constant(.boolean(true)), at: token.position)
    case .name("false"), .name("False"): return try make(.constant(.boolean(false)), at: token.position)
    case .name("none"), .name("None"): return try make(.constant(.null), at: token.position)
    case .name(let name): return try make(.name(names.number(of: name)), at: token.position)
    case .string(var text):
      while case .string(let more) = current.kind {
        text += more
        next()
      }
      return try make(.constant(.string(text)), at: token.position)
    case .integer(let value): return try make(.constant(.integer(value)), at: token.position)
    case .number(let value): return try make(.constant(.number(value)), at: token.position)
    case .symbol(.leftParenthesis): return try parenthesized(token)
    case .symbol(.leftBracket): return try list(token)
    case .symbol(.leftBrace): return try dictionary(token)
    default: throw malformed("unexpected \(token.description)", at: token.position)
    }
  }

  private mutating func parenthesized(_ token: TemplateToken) throws -> TemplateExpression {
    if skip(.rightParenthesis) { return try make(.tuple([]), at: token.position) }
    let value = try tupleOrExpression()
    try expect(.rightParenthesis)
    return value
  }

  private mutating func list(_ token: TemplateToken) throws -> TemplateExpression {
    var items: [TemplateExpression] = []
    while current.kind != .symbol(.rightBracket) {
      if !items.isEmpty { try expect(.comma) }
      if current.kind == .symbol(.rightBracket) { break }
      items.append(try expression())
    }
    try expect(.rightBracket)
    return try make(.list(items), at: token.position)
  }

  private mutating func dictionary(_ token: TemplateToken) throws -> TemplateExpression {
    var pairs: [(key: TemplateExpression, value: TemplateExpression)] = []
    while current.kind != .symbol(.rightBrace) {
      if !pairs.isEmpty { try expect(.comma) }
      if current.kind == .symbol(.rightBrace) { break }
      let key = try expression()
      try expect(.colon)
      pairs.append((key, try expression()))
    }
    try expect(.rightBrace)
    return try make(.dictionary(pairs), at: token.position)
  }
}

/// What follows a value: attributes, subscripts, calls, filters, tests.
extension TemplateParser {
  private mutating func postfix(of value: TemplateExpression) throws -> TemplateExpression {
    var value = value
    while true {
      let position = current.position
      switch current.kind {
      case .symbol(.dot):
        next()
        switch next().kind {
        case .name(let name): value = try make(.attribute(value, name), at: position)
        case .integer(let number):
          value = try make(.subscript_(value, try make(.constant(.integer(number)), at: position)), at: position)
        default: throw malformed("expected a name or a number after '.'", at: position)
        }
      case .symbol(.leftBracket):
        next()
        value = try subscripted(value, at: position)
      case .symbol(.leftParenthesis):
        value = try make(.call(value, try arguments()), at: value.position)
      default: return value
      }
    }
  }

  private mutating func subscripted(_ value: TemplateExpression, at position: Int) throws -> TemplateExpression {
    var bounds: [TemplateExpression?] = []
    var bound: TemplateExpression?
    while true {
      switch current.kind {
      case .symbol(.colon):
        next()
        bounds.append(bound)
        bound = nil
        guard bounds.count < 3 else { throw malformed("a slice of more than three parts", at: position) }
      case .symbol(.rightBracket):
        next()
        if bounds.isEmpty {
          guard let bound else { throw malformed("expected a subscript", at: position) }
          return try make(.subscript_(value, bound), at: position)
        }
        return try make(.slice(value, bounds + [bound]), at: position)
      case .symbol(.comma): throw unsupported("a subscript with a comma", at: position)
      default:
        guard bound == nil else { throw malformed("expected ']', found \(current.description)") }
        bound = try expression()
      }
    }
  }

  private mutating func arguments() throws -> TemplateArguments {
    let position = current.position
    var arguments = TemplateArguments()
    try expect(.leftParenthesis)
    while current.kind != .symbol(.rightParenthesis) {
      if !arguments.positional.isEmpty || !arguments.named.isEmpty {
        try expect(.comma)
        if current.kind == .symbol(.rightParenthesis) { break }
      }
      if case .name(let name) = current.kind, following.kind == .symbol(.assign) {
        next()
        next()
        guard !arguments.named.contains(where: { $0.name == name }) else {
          throw malformed("the argument '\(name)' is given twice", at: position)
        }
        arguments.named.append((name, try expression()))
      } else if current.kind == .symbol(.multiply) || current.kind == .symbol(.power) {
        throw unsupported("spreading arguments with '*'")
      } else {
        guard arguments.named.isEmpty else { throw malformed("a positional argument follows a named one") }
        arguments.positional.append(try expression())
      }
    }
    try expect(.rightParenthesis)
    return arguments
  }

  private mutating func filtersAndTests(of value: TemplateExpression) throws -> TemplateExpression {
    var value = value
    while true {
      switch current.kind {
      case .symbol(.pipe): value = try filters(of: value)
      case .name("is"): value = try test(of: value)
      case .symbol(.leftParenthesis):
        value = try make(.call(value, try arguments()), at: value.position)
      default: return value
      }
    }
  }

  /// A chain of filters. Without a value the first one works on what surrounds it.
  mutating func filters(of value: TemplateExpression?, startingInline: Bool = false) throws -> TemplateExpression {
    var value = value
    var isInline = startingInline
    while isInline || skip(.pipe) {
      isInline = false
      let position = current.position
      let name = try dottedName()
      guard isConditional || TemplateRenderer.hasFilter(name) else {
        throw TemplateRenderer.unknownFilter(name, at: position)
      }
      let arguments = current.kind == .symbol(.leftParenthesis) ? try arguments() : TemplateArguments()
      value = try make(.filter(value, name, arguments), at: position)
    }
    guard let value else { throw malformed("expected a filter, found \(current.description)") }
    return value
  }

  private mutating func test(of value: TemplateExpression) throws -> TemplateExpression {
    let position = next().position
    let isNegated = skipName("not")
    let namePosition = current.position
    let name = try dottedName()
    guard isConditional || TemplateRenderer.hasTest(name) else {
      throw TemplateRenderer.unknownTest(name, at: namePosition)
    }
    var arguments = TemplateArguments()
    switch current.kind {
    case .symbol(.leftParenthesis): arguments = try self.arguments()
    case .name("else"), .name("or"), .name("and"): break
    case .name("is"): throw malformed("tests cannot be chained")
    case .name, .string, .integer, .number, .symbol(.leftBracket), .symbol(.leftBrace):
      // The argument needs no parentheses: `x is divisibleby 3`.
      arguments.positional = [try nested { try $0.postfix(of: try $0.primary()) }]
    default: break
    }
    let test = try make(.test(value, name, arguments), at: position)
    return isNegated ? try make(.not(test), at: position) : test
  }

  private mutating func dottedName() throws -> String {
    var name = try expectName()
    while skip(.dot) { name += "." + (try expectName()) }
    return name
  }
}
