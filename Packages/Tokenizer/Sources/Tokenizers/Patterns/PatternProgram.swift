/// A pattern as instructions for `PatternMatcher`.
struct PatternProgram: Sendable {
  enum Instruction: Sendable {
    case set(Int)
    /// Repeats one set; greedy and possessive only.
    case run(set: Int, minimum: Int, maximum: Int, isPossessive: Bool)
    case split(preferred: Int, other: Int)
    case jump(Int)
    /// The body stands between this instruction and `end`, and ends with `.match`.
    case lookahead(end: Int, negated: Bool)
    case lookbehind(set: Int, negated: Bool)
    case atomic(end: Int)
    case assertion(PatternNode.Assertion)
    case match
  }

  /// Bounds the work of unrolling counted repetitions, which nest.
  private static let mostNodes = 20_000

  private(set) var instructions: [Instruction] = []
  private(set) var sets: [ScalarSet] = []
  private let source: String
  private var nodes = 0

  init(_ pattern: String) throws {
    source = pattern
    try emit(try PatternParser.parse(pattern))
    instructions.append(.match)
  }

  private mutating func emit(_ node: PatternNode) throws {
    nodes += 1
    guard nodes < Self.mostNodes else {
      throw TokenizerError(.unsupportedPattern, "the pattern is too large: \(source)")
    }
    switch node {
    case .empty: break
    case .set(let set): instructions.append(.set(add(set)))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .alternation(let nodes): try emit(alternatives: nodes)
    case .repetition(let node, let minimum, let maximum, let greed):
      try emit(repetitionOf: node, minimum: minimum, maximum: maximum, greed)
    case .lookaround(.set(let set), false, let negated):
      instructions.append(.lookbehind(set: add(set), negated: negated))
    case .lookaround(let node, _, let negated):
      try emit(body: node) { .lookahead(end: $0, negated: negated) }
    case .atomic(let node): try emit(body: node) { .atomic(end: $0) }
    case .assertion(let assertion): instructions.append(.assertion(assertion))
    }
  }

  private mutating func add(_ set: ScalarSet) -> Int {
    sets.append(set)
    return sets.count - 1
  }

  private mutating func emit(body: PatternNode, _ instruction: (Int) -> Instruction) throws {
    let start = instructions.count
    instructions.append(.match)
    try emit(body)
    instructions.append(.match)
    instructions[start] = instruction(instructions.count)
  }

  private mutating func emit(alternatives nodes: [PatternNode]) throws {
    var exits: [Int] = []
    for (index, node) in nodes.enumerated() {
      let isLast = index == nodes.count - 1
      let start = instructions.count
      if !isLast { instructions.append(.match) }
      try emit(node)
      if !isLast {
        exits.append(instructions.count)
        instructions.append(.match)
        instructions[start] = .split(preferred: start + 1, other: instructions.count)
      }
    }
    for exit in exits { instructions[exit] = .jump(instructions.count) }
  }

  private mutating func emit(
    repetitionOf node: PatternNode, minimum: Int, maximum: Int?, _ greed: PatternNode.Greed
  ) throws {
    if let set = node.singleSet, greed != .lazy {
      let isPossessive = greed == .possessive
      instructions.append(
        .run(set: add(set), minimum: minimum, maximum: maximum ?? .max, isPossessive: isPossessive))
      return
    }
    if greed == .possessive {
      let greedy = PatternNode.repetition(node, minimum: minimum, maximum: maximum, .greedy)
      return try emit(body: greedy) { .atomic(end: $0) }
    }
    for _ in 0..<minimum { try emit(node) }
    guard let maximum else { return try emit(endless: node, greed) }
    var exits: [Int] = []
    for _ in minimum..<max(minimum, maximum) {
      exits.append(instructions.count)
      instructions.append(.match)
      try emit(node)
    }
    for exit in exits { instructions[exit] = split(body: exit + 1, exit: instructions.count, greed) }
  }

  private mutating func emit(endless node: PatternNode, _ greed: PatternNode.Greed) throws {
    let start = instructions.count
    instructions.append(.match)
    try emit(node)
    instructions.append(.jump(start))
    instructions[start] = split(body: start + 1, exit: instructions.count, greed)
  }

  private func split(body: Int, exit: Int, _ greed: PatternNode.Greed) -> Instruction {
    greed == .lazy ? .split(preferred: exit, other: body) : .split(preferred: body, other: exit)
  }
}
