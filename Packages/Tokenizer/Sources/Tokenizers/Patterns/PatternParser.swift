/// Reads the syntax of Oniguruma's regular expressions, as far as tokenizers use it.
///
/// Understood: literals, `.`, classes with ranges and nesting, `\s \S \d \D \w \W`, `\p{..}` and `\P{..}` for general
/// categories and Han, escapes, groups `(..) (?:..) (?i:..) (?>..)`, lookahead `(?=..) (?!..)`, lookbehind of one
/// scalar `(?<=.) (?<!.)`, alternation, `? * + {m,n}` with lazy and possessive forms, `^ $ \A \z`. All else is an error.
struct PatternParser {
  private static let highestCount = 1000
  private static let deepestNesting = 64

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var ignoresCase = false
  private var depth = 0

  static func parse(_ pattern: String) throws -> PatternNode {
    var parser = PatternParser(scalars: Array(pattern.unicodeScalars))
    let node = try parser.alternation()
    guard parser.position == parser.scalars.count else { throw parser.unsupported("an unmatched ')'") }
    return node
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  func unsupported(_ what: String) -> TokenizerError {
    let pattern = String(String.UnicodeScalarView(scalars))
    return TokenizerError(.unsupportedPattern, "\(what) at character \(position) of the pattern \(pattern)")
  }

  // MARK: Reading characters

  var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  mutating func advance() -> Unicode.Scalar? {
    guard let scalar = current else { return nil }
    position += 1
    return scalar
  }

  mutating func skip(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  // MARK: Structure

  private mutating func alternation() throws -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else { throw unsupported("groups nested deeper than \(Self.deepestNesting)") }
    var branches = [try sequence()]
    while skip("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternation(branches)
  }

  private mutating func sequence() throws -> PatternNode {
    var nodes: [PatternNode] = []
    while let scalar = current, scalar != "|", scalar != ")" {
      let atom = try atom()
      nodes.append(try repeated(atom))
    }
    return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
  }

  private mutating func repeated(_ atom: PatternNode) throws -> PatternNode {
    guard let (minimum, maximum, isInterval) = try quantifier() else { return atom }
    if case .assertion = atom { throw unsupported("a repeated assertion") }
    if case .lookaround = atom { throw unsupported("a repeated lookaround") }
    if maximum == nil {
      if atom.matchesEmpty { throw unsupported("an endless repetition of something that can be empty") }
      if atom.isUnbounded { throw unsupported("an endless repetition inside an endless repetition") }
    }
    var greed = PatternNode.Greed.greedy
    if skip("?") {
      greed = .lazy
    } else if current == "+" {
      // In Oniguruma `{m,n}+` is a repetition of a repetition, not a possessive one.
      guard !isInterval else { throw unsupported("'+' after '{}'") }
      position += 1
      greed = .possessive
    }
    if let next = current, "*?+".unicodeScalars.contains(next) { throw unsupported("a repetition of a repetition") }
    return .repetition(atom, minimum: minimum, maximum: maximum, greed)
  }

  private mutating func quantifier() throws -> (minimum: Int, maximum: Int?, isInterval: Bool)? {
    if skip("?") { return (0, 1, false) }
    if skip("*") { return (0, nil, false) }
    if skip("+") { return (1, nil, false) }
    guard current == "{" else { return nil }
    position += 1
    let minimum = number()
    var maximum = minimum
    if skip(",") { maximum = number() } else if minimum == nil { throw unsupported("a '{' that starts no repetition") }
    guard skip("}"), minimum != nil || maximum != nil else { throw unsupported("a '{' that starts no repetition") }
    guard max(minimum ?? 0, maximum ?? 0) <= Self.highestCount, (minimum ?? 0) <= maximum ?? .max else {
      throw unsupported("repetition counts above \(Self.highestCount) or out of order")
    }
    return (minimum ?? 0, maximum, true)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = current.flatMap({ Int(String(Character($0))) }), (value ?? 0) < 100_000 {
      value = (value ?? 0) * 10 + digit
      position += 1
    }
    return value
  }

  // MARK: Atoms

  private mutating func atom() throws -> PatternNode {
    guard let scalar = advance() else { return .empty }
    switch scalar {
    case "(": return try group()
    case "[": return .set(try characterClass())
    case ".": return .set(ScalarSet([.range(0x0A...0x0A)], negated: true))
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    case "*", "+", "?":
      position -= 1
      throw unsupported("a repetition of nothing")
    case "\\":
      if skip("A") { return .assertion(.textStart) }
      if skip("z") { return .assertion(.textEnd) }
      if skip("w") { return .set(ScalarSet([.property(.looseWord, negated: false)])) }
      if skip("W") { return .set(ScalarSet([.property(.looseWord, negated: true)])) }
      return .set(ScalarSet([try escape()], ignoresCase: ignoresCase))
    default: return .set(ScalarSet([.range(scalar.value...scalar.value)], ignoresCase: ignoresCase))
    }
  }

  private mutating func group() throws -> PatternNode {
    let outerCase = ignoresCase
    defer { ignoresCase = outerCase }
    if skip("?=") { return .lookaround(try groupBody(), ahead: true, negated: false) }
    if skip("?!") { return .lookaround(try groupBody(), ahead: true, negated: true) }
    if skip("?<=") { return try lookbehind(negated: false) }
    if skip("?<!") { return try lookbehind(negated: true) }
    if skip("?>") { return .atomic(try groupBody()) }
    if skip("?i:") {
      ignoresCase = true
    } else if !skip("?:"), current == "?" {
      throw unsupported("this kind of group")
    }
    return try groupBody()
  }

  private mutating func groupBody() throws -> PatternNode {
    let node = try alternation()
    guard skip(")") else { throw unsupported("a group without its ')'") }
    return node
  }

  private mutating func lookbehind(negated: Bool) throws -> PatternNode {
    let node = try groupBody()
    guard let set = node.singleSet else { throw unsupported("lookbehind over more than one character") }
    return .lookaround(.set(set), ahead: false, negated: negated)
  }

  // MARK: Classes

  private mutating func characterClass() throws -> ScalarSet {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else { throw unsupported("classes nested too deep") }
    let negated = skip("^")
    var items: [ScalarSet.Item] = []
    var isFirst = true
    while let scalar = advance() {
      if scalar == "]", !isFirst { return ScalarSet(items, negated: negated, ignoresCase: ignoresCase) }
      isFirst = false
      if scalar == "&", current == "&" { throw unsupported("an intersection of classes") }
      if scalar == "[", current == ":" { throw unsupported("a POSIX class") }
      if scalar == "[" {
        items.append(.set(try characterClass()))
      } else {
        items.append(try classItem(startingWith: scalar))
      }
    }
    throw unsupported("a class without its ']'")
  }

  private mutating func classItem(startingWith scalar: Unicode.Scalar) throws -> ScalarSet.Item {
    let first = scalar == "\\" ? try escape() : .range(scalar.value...scalar.value)
    guard case .range(let low) = first, current == "-", position + 1 < scalars.count, scalars[position + 1] != "]"
    else { return first }
    position += 1
    guard let end = advance(), end != "[" else { throw unsupported("a range without an end") }
    let last = end == "\\" ? try escape() : .range(end.value...end.value)
    guard case .range(let high) = last, low.lowerBound <= high.lowerBound else {
      throw unsupported("a range whose end is not above its start")
    }
    return .range(low.lowerBound...high.lowerBound)
  }
}
