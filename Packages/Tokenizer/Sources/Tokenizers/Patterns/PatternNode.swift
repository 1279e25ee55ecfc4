/// A regular expression as a tree.
indirect enum PatternNode {
  case empty
  case set(ScalarSet)
  case sequence([PatternNode])
  case alternation([PatternNode])
  case repetition(PatternNode, minimum: Int, maximum: Int?, Greed)
  case lookaround(PatternNode, ahead: Bool, negated: Bool)
  case atomic(PatternNode)
  case assertion(Assertion)

  enum Greed: Sendable { case greedy, lazy, possessive }
  enum Assertion: Sendable { case lineStart, lineEnd, textStart, textEnd }

  /// Whether it can match without consuming anything.
  var matchesEmpty: Bool {
    switch self {
    case .empty, .lookaround, .assertion: true
    case .set: false
    case .sequence(let nodes): nodes.allSatisfy(\.matchesEmpty)
    case .alternation(let nodes): nodes.contains(where: \.matchesEmpty)
    case .repetition(let node, let minimum, _, _): minimum == 0 || node.matchesEmpty
    case .atomic(let node): node.matchesEmpty
    }
  }

  /// Whether it holds a repetition without an upper bound: repeating such a node again without bound is what makes
  /// backtracking exponential.
  var isUnbounded: Bool {
    switch self {
    case .empty, .set, .assertion: false
    case .sequence(let nodes), .alternation(let nodes): nodes.contains(where: \.isUnbounded)
    case .repetition(let node, _, let maximum, _): maximum == nil || node.isUnbounded
    case .lookaround(let node, _, _), .atomic(let node): node.isUnbounded
    }
  }

  /// The single set it matches one scalar of, if it is that simple.
  var singleSet: ScalarSet? {
    switch self {
    case .set(let set): set
    case .sequence(let nodes) where nodes.count == 1: nodes[0].singleSet
    case .alternation(let nodes) where nodes.count == 1: nodes[0].singleSet
    default: nil
    }
  }
}
