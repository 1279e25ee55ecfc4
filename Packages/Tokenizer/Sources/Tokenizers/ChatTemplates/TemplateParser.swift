/// Makes statements of tokens: Jinja's grammar, as far as chat templates use it.
struct TemplateParser {
  /// Levels of brackets, tags and operators within each other; what templates in use need is below 30.
  static let deepestNesting = 100

  let tokens: [TemplateToken]
  var index = 0
  var nesting = 0
  var names = TemplateNames()
  /// Scopes so far; the template's own is 0.
  var frameCount = 1
  /// Loops around the current statement, since the last macro.
  var loopDepth = 0
  var anyLoopDepth = 0
  /// Whether what is parsed may never be rendered: there Jinja lets names of filters pass.
  var isConditional = false

  init(_ tokens: [TemplateToken]) { self.tokens = tokens }

  mutating func template() throws -> [TemplateStatement] {
    try statements(until: [], opener: nil)
  }

  // MARK: Tokens

  var current: TemplateToken { tokens[index] }

  var following: TemplateToken { tokens[min(index + 1, tokens.count - 1)] }

  @discardableResult
  mutating func next() -> TemplateToken {
    let token = tokens[index]
    if index + 1 < tokens.count { index += 1 }
    return token
  }

  mutating func skip(_ kind: TemplateToken.Kind) -> Bool {
    guard current.kind == kind else { return false }
    next()
    return true
  }

  mutating func skip(_ symbol: TemplateToken.Symbol) -> Bool { skip(.symbol(symbol)) }

  mutating func skipName(_ name: String) -> Bool { skip(.name(name)) }

  mutating func expect(_ kind: TemplateToken.Kind) throws {
    guard skip(kind) else {
      throw malformed("expected \(TemplateToken(kind: kind, position: 0).description), found \(current.description)")
    }
  }

  mutating func expect(_ symbol: TemplateToken.Symbol) throws { try expect(.symbol(symbol)) }

  mutating func expectName() throws -> String {
    guard case .name(let name) = current.kind else { throw malformed("expected a name, found \(current.description)") }
    next()
    return name
  }

  func malformed(_ message: String, at position: Int? = nil) -> TemplateFailure {
    TemplateFailure(.malformedChatTemplate, message, at: position ?? current.position)
  }

  func unsupported(_ what: String, at position: Int? = nil) -> TemplateFailure {
    .unsupported(what, at: position ?? current.position)
  }

  /// Counts a level of nesting while `body` runs.
  mutating func nested<Result>(_ body: (inout Self) throws -> Result) throws -> Result {
    guard nesting < Self.deepestNesting else {
      throw TemplateFailure(
        .chatTemplateLimit, "nested deeper than \(Self.deepestNesting) levels", at: current.position)
    }
    nesting += 1
    defer { nesting -= 1 }
    return try body(&self)
  }

  mutating func makeFrame() -> Int {
    frameCount += 1
    return frameCount - 1
  }
}

/// The names of variables in a template, numbered.
struct TemplateNames: Sendable {
  private(set) var all: [String] = []
  private var numbers: [String: Int] = [:]

  mutating func number(of name: String) -> Int {
    if let number = numbers[name] { return number }
    numbers[name] = all.count
    all.append(name)
    return all.count - 1
  }

  func known(_ name: String) -> Int? { numbers[name] }

  subscript(number: Int) -> String { all[number] }
}
