/// What a `Split` or a `Replace` looks for: a fixed text or a regular expression.
enum Pattern: Sendable {
  case text([UInt8])
  case expression(PatternProgram)
  /// GPT-2's expression, matched by hand-written code.
  case gpt2

  /// Reads `{"String": ..}` or `{"Regex": ..}`.
  init(_ node: JSONNode) throws {
    try node.allow("String", "Regex")
    if let text = try node.optional("String") {
      self = .text(Array(try text.string().utf8))
    } else {
      let expression = try node.required("Regex")
      do {
        self = try Pattern(expression: try expression.string())
      } catch let error as TokenizerError where error.file == nil {
        throw expression.error(error.code, error.message)
      }
    }
  }

  init(expression: String) throws {
    self = expression == GPT2Scanner.expression ? .gpt2 : .expression(try PatternProgram(expression))
  }

  /// Calls `body` with every match within `range`, left to right and without overlaps. The bounds of `range` are the
  /// start and end of the text as far as the pattern can see.
  func forEachMatch(
    in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    switch self {
    case .text(let text): Self.forEachOccurrence(of: text, in: bytes, range, body)
    case .expression(let program):
      var matcher = PatternMatcher(program: program, bytes: bytes, range: range)
      matcher.forEachMatch(body)
    case .gpt2:
      var start = range.lowerBound
      while start < range.upperBound {
        let end = GPT2Scanner.matchEnd(in: bytes, from: start, to: range.upperBound)
        body(start..<end)
        start = end
      }
    }
  }

  private static func forEachOccurrence(
    of text: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    guard let first = text.first else { return }
    var start = range.lowerBound
    while start + text.count <= range.upperBound {
      if bytes[start] == first, bytes[start..<start + text.count].elementsEqual(text) {
        body(start..<start + text.count)
        start += text.count
      } else {
        start += 1
      }
    }
  }
}
