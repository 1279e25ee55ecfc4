/// Renders one conversation: the scopes, the output and what is left of the work allowed.
final class TemplateRenderer {
  /// Expressions, statements and macros within each other while rendering.
  static let deepestCalls = 400

  let program: TemplateProgram
  /// Values by the number of their name.
  private var variables: [Int: TemplateValue] = [:]
  let clock: TemplateClock
  var output = ""
  private var remainingWork: Int
  private var depth = 0
  /// What macros and namespaces may have tied into cycles.
  private var scopesOfMacros: [TemplateFrame] = []
  private var namespaces: [TemplateNamespace] = []

  init(_ program: TemplateProgram, variables: [(name: String, value: TemplateValue)], clock: TemplateClock, work: Int) {
    self.program = program
    remainingWork = work
    self.clock = clock
    for (name, value) in variables {
      if let number = program.names.known(name) { self.variables[number] = value }
    }
  }

  func render() throws -> String {
    defer { untie() }
    let frame = enter(0, in: nil)
    _ = try execute(program.statements, in: frame)
    return output
  }

  /// Breaks the cycles between scopes, their macros and namespaces.
  private func untie() {
    for frame in scopesOfMacros { frame.slots.removeAll() }
    for namespace in namespaces { namespace.attributes.removeAll() }
  }

  // MARK: Limits

  /// Takes `amount` from the work allowed: about one for a node, a value in a list, or eight bytes of text.
  func charge(_ amount: Int) throws {
    remainingWork -= amount
    guard remainingWork >= 0 else {
      throw TemplateFailure(.chatTemplateLimit, "more work than a chat template is allowed")
    }
  }

  /// Of making or looking through text.
  func charge(text bytes: Int) throws { try charge(1 + bytes / 8) }

  func charged(_ text: String) throws -> String {
    try charge(text: text.utf8.count)
    return text
  }

  /// Counts a level of calls; `ascend` ends it.
  func descend() throws {
    guard depth < Self.deepestCalls else {
      throw TemplateFailure(.chatTemplateLimit, "macros and expressions nested deeper than \(Self.deepestCalls) levels")
    }
    depth += 1
  }

  func ascend() { depth -= 1 }

  func nested<Result>(_ body: () throws -> Result) throws -> Result {
    try descend()
    defer { ascend() }
    return try body()
  }

  func write(_ text: String) throws {
    try charge(text: text.utf8.count)
    output += text
  }

  // MARK: Scopes

  func enter(_ number: Int, in parent: TemplateFrame?) -> TemplateFrame {
    let frame = TemplateFrame(program.scopes.layouts[number], parent: parent)
    reenter(frame)
    return frame
  }

  /// Sets a scope's variables to what they are at its start.
  func reenter(_ frame: TemplateFrame) {
    for (slot, load) in frame.layout.loads.enumerated() {
      let name = frame.layout.names[slot]
      switch load {
      case .parameter: break
      case .resolve: frame.slots[slot] = resolve(name)
      case .outer: frame.slots[slot] = frame.parent.flatMap { stored(name, in: $0) }
      case .undefined: frame.slots[slot] = nil
      }
    }
  }

  private func resolve(_ name: Int) -> TemplateValue? {
    variables[name] ?? TemplateFunction(rawValue: program.names[name]).map(TemplateValue.function)
  }

  private func stored(_ name: Int, in frame: TemplateFrame) -> TemplateValue? {
    var frame: TemplateFrame? = frame
    while let current = frame {
      if let slot = current.layout.slots[name] { return current.slots[slot] }
      frame = current.parent
    }
    return resolve(name)
  }

  func value(of name: Int, in frame: TemplateFrame) -> TemplateValue {
    stored(name, in: frame) ?? .undefined("'\(program.names[name])' is undefined")
  }

  func assign(_ value: TemplateValue?, to name: Int, in frame: TemplateFrame) {
    if let slot = frame.layout.slots[name] { frame.slots[slot] = value }
  }

  func remember(macroIn frame: TemplateFrame) { scopesOfMacros.append(frame) }

  func makeNamespace() -> TemplateNamespace {
    let namespace = TemplateNamespace()
    namespaces.append(namespace)
    return namespace
  }
}

/// A scope while it is rendered.
final class TemplateFrame {
  let layout: TemplateScopes.Layout
  let parent: TemplateFrame?
  var slots: [TemplateValue?]

  init(_ layout: TemplateScopes.Layout, parent: TemplateFrame?) {
    self.layout = layout
    self.parent = parent
    slots = Array(repeating: nil, count: layout.names.count)
  }
}

/// A template that is ready to be rendered.
struct TemplateProgram: Sendable {
  let statements: [TemplateStatement]
  let names: TemplateNames
  let scopes: TemplateScopes

  init(_ normalized: String) throws {
    var parser = TemplateParser(try TemplateLexer.tokens(of: normalized))
    statements = try parser.template()
    names = parser.names
    scopes = TemplateScopes(statements, frames: parser.frameCount, names: parser.names)
  }
}
