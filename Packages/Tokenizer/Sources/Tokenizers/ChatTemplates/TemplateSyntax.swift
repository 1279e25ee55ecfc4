/// An expression of a chat template. Immutable; no deeper than `TemplateParser.deepestNesting`.
final class TemplateExpression: Sendable {
  enum Kind: Sendable {
    case constant(JSONValue)
    /// A variable, by its number in the template's table of names.
    case name(Int)
    case tuple([TemplateExpression])
    case list([TemplateExpression])
    case dictionary([(key: TemplateExpression, value: TemplateExpression)])
    case negative(TemplateExpression)
    case positive(TemplateExpression)
    case not(TemplateExpression)
    case and(TemplateExpression, TemplateExpression)
    case or(TemplateExpression, TemplateExpression)
    case arithmetic(TemplateToken.Symbol, TemplateExpression, TemplateExpression)
    case concatenation([TemplateExpression])
    /// `a < b <= c`.
    case comparison(TemplateExpression, [(operation: TemplateComparison, operand: TemplateExpression)])
    case conditional(test: TemplateExpression, value: TemplateExpression, otherwise: TemplateExpression?)
    case attribute(TemplateExpression, String)
    case subscript_(TemplateExpression, TemplateExpression)
    case slice(TemplateExpression, [TemplateExpression?])
    case call(TemplateExpression, TemplateArguments)
    /// Without a value: of the block or capture it belongs to.
    case filter(TemplateExpression?, String, TemplateArguments)
    case test(TemplateExpression, String, TemplateArguments)
  }

  let kind: Kind
  /// Bytes from the start of the template.
  let position: Int
  let depth: Int

  init(_ kind: Kind, at position: Int, depth: Int) {
    self.kind = kind
    self.position = position
    self.depth = depth
  }
}

enum TemplateComparison: Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
}

struct TemplateArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []

  var expressions: [TemplateExpression] { positional + named.map(\.value) }
}

extension TemplateExpression {
  /// The expressions directly within, in the order Jinja visits them.
  var children: [TemplateExpression] {
    switch kind {
    case .constant, .name: []
    case .tuple(let items), .list(let items), .concatenation(let items): items
    case .dictionary(let pairs): pairs.flatMap { [$0.key, $0.value] }
    case .negative(let operand), .positive(let operand), .not(let operand), .attribute(let operand, _): [operand]
    case .and(let left, let right), .or(let left, let right), .arithmetic(_, let left, let right),
      .subscript_(let left, let right):
      [left, right]
    case .comparison(let first, let rest): [first] + rest.map(\.operand)
    case .conditional(let test, let value, let otherwise): [test, value] + (otherwise.map { [$0] } ?? [])
    case .slice(let value, let bounds): [value] + bounds.compactMap { $0 }
    case .call(let value, let arguments), .test(let value, _, let arguments): [value] + arguments.expressions
    case .filter(let value, _, let arguments): (value.map { [$0] } ?? []) + arguments.expressions
    }
  }
}

/// What an assignment assigns to.
indirect enum TemplateTarget: Sendable {
  case name(Int)
  /// `namespace.attribute`.
  case attribute(Int, String)
  case tuple([TemplateTarget])

  var names: [Int] {
    switch self {
    case .name(let name): [name]
    case .attribute: []
    case .tuple(let targets): targets.flatMap(\.names)
    }
  }
}

/// A statement of a chat template. `frame` numbers are those of the scopes that `TemplateScopes` lays out.
indirect enum TemplateStatement: Sendable {
  case text(String)
  case output(TemplateExpression)
  case set(TemplateTarget, TemplateExpression, position: Int)
  case setBlock(TemplateTarget, filter: TemplateExpression?, TemplateBlock, position: Int)
  case conditional([(test: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement])
  case loop(TemplateLoop)
  case macro(TemplateMacro)
  case callBlock(TemplateMacro, TemplateExpression)
  case filterBlock(TemplateExpression, TemplateBlock)
  case with([(target: TemplateTarget, value: TemplateExpression)], TemplateBlock, position: Int)
  /// `{% generation %}`: marks what the assistant wrote; renders as its content.
  case generation(TemplateBlock)
  case breakLoop
  case continueLoop
}

/// Statements with a scope of their own.
struct TemplateBlock: Sendable {
  var body: [TemplateStatement]
  var frame: Int
}

struct TemplateLoop: Sendable {
  var target: TemplateTarget
  var iterable: TemplateExpression
  var test: TemplateExpression?
  var testFrame: Int
  var block: TemplateBlock
  var otherwise: TemplateBlock?
  var position: Int
}

/// A macro, or the content of a call block, which has no name.
final class TemplateMacro: Sendable {
  let name: Int?
  let parameters: [(name: Int, fallback: TemplateExpression?)]
  let block: TemplateBlock
  let position: Int

  init(
    name: Int?, parameters: [(name: Int, fallback: TemplateExpression?)], block: TemplateBlock, position: Int
  ) {
    self.name = name
    self.parameters = parameters
    self.block = block
    self.position = position
  }
}
