/// Which variables each scope of a template has, and what they are when it is entered.
///
/// Jinja decides this before it renders: a name that a scope assigns anywhere is the scope's own from its start on,
/// with the outer scope's value or none at all; a name that it only reads is looked up outside. The rules are those of
/// `jinja2.idtracking`.
struct TemplateScopes: Sendable {
  enum Load: Sendable {
    /// Set by whoever enters the scope: a loop's target, a macro's parameter.
    case parameter
    /// From the variables the template is rendered with.
    case resolve
    /// The value that the surrounding scope has for the name.
    case outer
    case undefined
  }

  struct Layout: Sendable {
    var slots: [Int: Int] = [:]
    var names: [Int] = []
    var loads: [Load] = []
  }

  private(set) var layouts: [Layout]

  init(_ template: [TemplateStatement], frames: Int, names: TemplateNames) {
    var analysis = Analysis(frames: frames, names: names)
    analysis.enter(0, parent: nil) { $0.visit(template) }
    analysis.descend(template, in: 0)
    layouts = analysis.symbols.map { symbols in
      var layout = Layout()
      for (name, load) in symbols.loads.sorted(by: { $0.key < $1.key }) {
        layout.slots[name] = layout.names.count
        layout.names.append(name)
        layout.loads.append(load)
      }
      return layout
    }
  }

  private struct Symbols {
    var parent: Int?
    var loads: [Int: Load] = [:]
    var stores: Set<Int> = []
  }

  private struct Analysis {
    var symbols: [Symbols]
    let names: TemplateNames
    private var frame = 0

    init(frames: Int, names: TemplateNames) {
      symbols = Array(repeating: Symbols(), count: frames)
      self.names = names
    }

    mutating func enter(_ frame: Int, parent: Int?, _ body: (inout Self) -> Void) {
      let outer = self.frame
      self.frame = frame
      symbols[frame].parent = parent
      body(&self)
      self.frame = outer
    }

    private func isKnown(_ name: Int, from frame: Int?) -> Bool {
      var frame = frame
      while let current = frame {
        if symbols[current].loads[name] != nil { return true }
        frame = symbols[current].parent
      }
      return false
    }

    private mutating func load(_ name: Int) {
      if !isKnown(name, from: frame) { symbols[frame].loads[name] = .resolve }
    }

    private mutating func store(_ name: Int) {
      symbols[frame].stores.insert(name)
      guard symbols[frame].loads[name] == nil else { return }
      symbols[frame].loads[name] = isKnown(name, from: symbols[frame].parent) ? .outer : .undefined
    }

    mutating func declare(_ name: Int) {
      symbols[frame].stores.insert(name)
      symbols[frame].loads[name] = .parameter
    }

    // MARK: One scope

    mutating func visit(_ statements: [TemplateStatement]) {
      for statement in statements { visit(statement) }
    }

    private mutating func visit(_ expression: TemplateExpression?) {
      guard let expression else { return }
      if case .name(let name) = expression.kind { load(name) }
      for child in expression.children { visit(child) }
    }

    private mutating func visit(_ target: TemplateTarget, asParameter: Bool = false) {
      switch target {
      case .name(let name): if asParameter { declare(name) } else { store(name) }
      case .attribute(let name, _): load(name)
      case .tuple(let targets): for target in targets { visit(target, asParameter: asParameter) }
      }
    }

    private mutating func visit(_ statement: TemplateStatement) {
      switch statement {
      case .text, .breakLoop, .continueLoop, .generation: break
      case .output(let expression): visit(expression)
      case .set(let target, let value, _):
        visit(value)
        visit(target)
      case .setBlock(let target, _, _, _): visit(target)
      case .conditional(let branches, let otherwise): visit(branches[...], otherwise)
      case .loop(let loop): visit(loop.iterable)
      case .macro(let macro): if let name = macro.name { store(name) }
      case .callBlock(_, let call): visit(call)
      case .filterBlock(let filter, _): visit(filter)
      case .with(let assignments, _, _): for assignment in assignments { visit(assignment.value) }
      }
    }

    /// Branches are one scope with what surrounds them; a name that only some of them assign keeps its outer value.
    private mutating func visit(
      _ branches: ArraySlice<(test: TemplateExpression, body: [TemplateStatement])>, _ otherwise: [TemplateStatement]
    ) {
      guard let first = branches.first else { return }
      visit(first.test)
      let original = symbols[frame]
      func alternative(_ body: (inout Self) -> Void) -> Symbols {
        symbols[frame] = original
        body(&self)
        return symbols[frame]
      }
      let alternatives = [
        alternative { $0.visit(first.body) },
        alternative { analysis in
          for branch in branches.dropFirst() { analysis.visit([branch], []) }
        },
        alternative { $0.visit(otherwise) },
      ]
      var merged = original
      for alternative in alternatives {
        merged.loads.merge(alternative.loads) { $1 }
        merged.stores.formUnion(alternative.stores)
      }
      for name in merged.stores.subtracting(original.stores) {
        merged.loads[name] = isKnown(name, from: original.parent) ? .outer : .resolve
      }
      symbols[frame] = merged
    }

    // MARK: Scopes within

    mutating func descend(_ statements: [TemplateStatement], in frame: Int) {
      for statement in statements { descend(statement, in: frame) }
    }

    private mutating func descend(_ statement: TemplateStatement, in frame: Int) {
      switch statement {
      case .text, .output, .set, .breakLoop, .continueLoop: break
      case .conditional(let branches, let otherwise):
        for branch in branches { descend(branch.body, in: frame) }
        descend(otherwise, in: frame)
      case .setBlock(_, let filter, let block, _), .filterBlock(let filter as TemplateExpression?, let block):
        scope(block, in: frame) { $0.visit(filter) }
      case .with(let assignments, let block, _):
        scope(block, in: frame) { analysis in
          for assignment in assignments { analysis.visit(assignment.target, asParameter: true) }
        }
      case .generation(let block): scope(block, in: frame) { _ in }
      case .macro(let macro), .callBlock(let macro, _): descend(macro, in: frame)
      case .loop(let loop): descend(loop, in: frame)
      }
    }

    private mutating func scope(_ block: TemplateBlock, in frame: Int, _ prepare: (inout Self) -> Void) {
      enter(block.frame, parent: frame) {
        prepare(&$0)
        $0.visit(block.body)
      }
      descend(block.body, in: block.frame)
    }

    private mutating func descend(_ macro: TemplateMacro, in frame: Int) {
      let special = ["caller", "kwargs", "varargs"].compactMap(names.known)
      scope(macro.block, in: frame) { analysis in
        for parameter in macro.parameters { analysis.declare(parameter.name) }
        for name in special where Self.reads(macro.block.body, name) { analysis.declare(name) }
        for parameter in macro.parameters { analysis.visit(parameter.fallback) }
      }
    }

    private mutating func descend(_ loop: TemplateLoop, in frame: Int) {
      enter(loop.testFrame, parent: frame) { analysis in
        analysis.visit(loop.target, asParameter: true)
        analysis.visit(loop.test)
      }
      scope(loop.block, in: frame) { analysis in
        if let name = analysis.names.known("loop") { analysis.declare(name) }
        analysis.visit(loop.target, asParameter: true)
      }
      if let otherwise = loop.otherwise { scope(otherwise, in: frame) { _ in } }
    }

    /// Whether `name` is read before it is assigned, as `jinja2.compiler.find_undeclared` looks at it.
    static func reads(_ statements: [TemplateStatement], _ name: Int) -> Bool {
      statements.contains { reads($0, name) }
    }

    private static func reads(_ expression: TemplateExpression?, _ name: Int) -> Bool {
      guard let expression else { return false }
      if case .name(name) = expression.kind { return true }
      return expression.children.contains { reads($0, name) }
    }

    private static func reads(_ statement: TemplateStatement, _ name: Int) -> Bool {
      switch statement {
      case .text, .breakLoop, .continueLoop: false
      case .output(let value), .set(_, let value, _): reads(value, name)
      case .setBlock(_, let filter, let block, _): reads(filter, name) || reads(block.body, name)
      case .conditional(let branches, let otherwise):
        branches.contains { reads($0.test, name) || reads($0.body, name) } || reads(otherwise, name)
      case .loop(let loop):
        reads(loop.iterable, name) || reads(loop.test, name) || reads(loop.block.body, name)
          || reads(loop.otherwise?.body ?? [], name)
      case .macro(let macro): reads(macro, name)
      case .callBlock(let macro, let call): reads(call, name) || reads(macro, name)
      case .filterBlock(let filter, let block): reads(filter, name) || reads(block.body, name)
      case .with(let assignments, let block, _):
        assignments.contains { reads($0.value, name) } || reads(block.body, name)
      case .generation(let block): reads(block.body, name)
      }
    }

    private static func reads(_ macro: TemplateMacro, _ name: Int) -> Bool {
      macro.parameters.contains { reads($0.fallback, name) } || reads(macro.block.body, name)
    }
  }
}
