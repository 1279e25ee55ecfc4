/// Tags.
extension TemplateParser {
  /// What stands before one of the tags `ends`, which are left for the caller; before the end of the template if none.
  mutating func statements(until ends: [String], opener: TemplateToken?) throws -> [TemplateStatement] {
    var body: [TemplateStatement] = []
    while true {
      let token = current
      switch token.kind {
      case .text(let text):
        body.append(.text(text))
        next()
      case .variableBegin:
        next()
        body.append(.output(try tupleOrExpression()))
        try expect(.variableEnd)
      case .blockBegin:
        next()
        if case .name(let name) = current.kind, ends.contains(name) { return body }
        body.append(try nested { try $0.statement() })
        try expect(.blockEnd)
      default:
        guard let opener, !ends.isEmpty else { return body }
        let wanted = ends.map { "'\($0)'" }.joined(separator: " or ")
        throw malformed("the template ends where \(wanted) is missing", at: opener.position)
      }
    }
  }

  private mutating func statement() throws -> TemplateStatement {
    let token = current
    guard case .name(let tag) = token.kind else { throw malformed("expected a tag, found \(token.description)") }
    next()
    switch tag {
    case "set": return try set(token)
    case "if": return try conditional(token)
    case "for": return try loop(token)
    case "macro": return try macro(token)
    case "call": return try callBlock(token)
    case "filter": return try filterBlock(token)
    case "with": return try with(token)
    case "generation":
      return .generation(try scoped { try $0.body(until: "endgeneration", opener: token) })
    case "break", "continue":
      guard loopDepth > 0 else { throw malformed("'\(tag)' outside of a loop", at: token.position) }
      return tag == "break" ? .breakLoop : .continueLoop
    case "block", "extends", "print", "include", "from", "import", "autoescape":
      throw unsupported("the tag '\(tag)'", at: token.position)
    default:
      throw malformed("there is no tag '\(tag)' here", at: token.position)
    }
  }

  /// The content of a tag up to its end, which is taken; the tag's own `%}` first.
  private mutating func body(until end: String, opener: TemplateToken) throws -> [TemplateStatement] {
    let body = try body(until: [end], opener: opener)
    next()
    return body
  }

  private mutating func body(until ends: [String], opener: TemplateToken) throws -> [TemplateStatement] {
    _ = skip(.colon)
    try expect(.blockEnd)
    return try statements(until: ends, opener: opener)
  }

  /// A body that loops outside of it cannot be left from.
  private mutating func scoped(
    _ body: (inout Self) throws -> [TemplateStatement]
  ) throws -> TemplateBlock {
    let frame = makeFrame()
    let outer = loopDepth
    loopDepth = 0
    defer { loopDepth = outer }
    return TemplateBlock(body: try body(&self), frame: frame)
  }

  // MARK: Assignments

  private mutating func set(_ token: TemplateToken) throws -> TemplateStatement {
    let target = try target(allowingAttributes: true)
    if skip(.assign) { return .set(target, try tupleOrExpression(), position: token.position) }
    let frame = makeFrame()
    let filter = current.kind == .symbol(.pipe) ? try filters(of: nil) : nil
    let body = try body(until: "endset", opener: token)
    return .setBlock(
      target, filter: filter, TemplateBlock(body: body, frame: frame), position: token.position)
  }

  mutating func target(allowingAttributes: Bool) throws -> TemplateTarget {
    let first = try singleTarget(allowingAttributes)
    guard current.kind == .symbol(.comma) else { return first }
    var targets = [first]
    while skip(.comma) {
      switch current.kind {
      case .symbol(.assign), .blockEnd, .symbol(.rightParenthesis), .name("in"): return .tuple(targets)
      default: targets.append(try singleTarget(allowingAttributes))
      }
    }
    return .tuple(targets)
  }

  private mutating func singleTarget(_ allowingAttributes: Bool) throws -> TemplateTarget {
    let token = current
    if skip(.leftParenthesis) {
      return try nested { parser in
        let inner = try parser.target(allowingAttributes: allowingAttributes)
        try parser.expect(.rightParenthesis)
        return inner
      }
    }
    let name = try expectName()
    guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
      throw malformed("cannot assign to '\(name)'", at: token.position)
    }
    if allowingAttributes, skip(.dot) { return .attribute(names.number(of: name), try expectName()) }
    guard name != "loop" || anyLoopDepth == 0 else {
      throw malformed("cannot assign to 'loop' in a loop", at: token.position)
    }
    return .name(names.number(of: name))
  }

  private mutating func with(_ token: TemplateToken) throws -> TemplateStatement {
    let frame = makeFrame()
    var assignments: [(target: TemplateTarget, value: TemplateExpression)] = []
    while current.kind != .blockEnd {
      if !assignments.isEmpty { try expect(.comma) }
      let target = try singleTarget(false)
      try expect(.assign)
      assignments.append((target, try expression()))
    }
    let body = try body(until: "endwith", opener: token)
    return .with(assignments, TemplateBlock(body: body, frame: frame), position: token.position)
  }

  // MARK: Choices and loops

  private mutating func conditional(_ token: TemplateToken) throws -> TemplateStatement {
    let outer = isConditional
    isConditional = true
    defer { isConditional = outer }
    var branches: [(test: TemplateExpression, body: [TemplateStatement])] = []
    while true {
      let test = try tupleOrExpression(allowingConditional: false)
      branches.append((test, try body(until: ["elif", "else", "endif"], opener: token)))
      let end = next()
      if end.kind == .name("elif") { continue }
      let otherwise = end.kind == .name("else") ? try body(until: "endif", opener: token) : []
      return .conditional(branches, otherwise: otherwise)
    }
  }

  private mutating func loop(_ token: TemplateToken) throws -> TemplateStatement {
    anyLoopDepth += 1
    let target = try target(allowingAttributes: false)
    guard skipName("in") else { throw malformed("expected 'in', found \(current.description)") }
    let iterable = try tupleOrExpression(allowingConditional: false, until: "recursive")
    let test = skipName("if") ? try expression() : nil
    if current.kind == .name("recursive") { throw unsupported("a recursive loop") }
    let testFrame = makeFrame()
    let frame = makeFrame()
    loopDepth += 1
    let body = try body(until: ["endfor", "else"], opener: token)
    loopDepth -= 1
    anyLoopDepth -= 1
    var otherwise: TemplateBlock?
    if next().kind == .name("else") {
      let elseFrame = makeFrame()
      otherwise = TemplateBlock(body: try self.body(until: "endfor", opener: token), frame: elseFrame)
    }
    return .loop(
      TemplateLoop(
        target: target, iterable: iterable, test: test, testFrame: testFrame,
        block: TemplateBlock(body: body, frame: frame), otherwise: otherwise, position: token.position))
  }

  // MARK: Macros

  private mutating func macro(_ token: TemplateToken) throws -> TemplateStatement {
    let name = names.number(of: try expectName())
    let parameters = try parameters()
    let block = try scoped { try $0.body(until: "endmacro", opener: token) }
    return .macro(TemplateMacro(name: name, parameters: parameters, block: block, position: token.position))
  }

  private mutating func callBlock(_ token: TemplateToken) throws -> TemplateStatement {
    let parameters = current.kind == .symbol(.leftParenthesis) ? try parameters() : []
    let call = try expression()
    guard case .call = call.kind else { throw malformed("expected a call", at: token.position) }
    let block = try scoped { try $0.body(until: "endcall", opener: token) }
    return .callBlock(TemplateMacro(name: nil, parameters: parameters, block: block, position: token.position), call)
  }

  private mutating func parameters() throws -> [(name: Int, fallback: TemplateExpression?)] {
    var parameters: [(name: Int, fallback: TemplateExpression?)] = []
    try expect(.leftParenthesis)
    while current.kind != .symbol(.rightParenthesis) {
      if !parameters.isEmpty { try expect(.comma) }
      let position = current.position
      let name = names.number(of: try expectName())
      guard !parameters.contains(where: { $0.name == name }) else {
        throw malformed("a parameter is named twice", at: position)
      }
      if skip(.assign) {
        parameters.append((name, try expression()))
      } else if parameters.last?.fallback != nil {
        throw malformed("a parameter without a default follows one with a default", at: position)
      } else {
        parameters.append((name, nil))
      }
    }
    try expect(.rightParenthesis)
    return parameters
  }

  private mutating func filterBlock(_ token: TemplateToken) throws -> TemplateStatement {
    let frame = makeFrame()
    let filter = try filters(of: nil, startingInline: true)
    let body = try body(until: "endfilter", opener: token)
    return .filterBlock(filter, TemplateBlock(body: body, frame: frame))
  }
}
