/// Tokens, and what a model's blocks need to know of them.
public struct SequenceContext: Sendable {
  /// A number below 0 is a virtual token: −1 − i stands for row i of the state's prompt.
  public let tokens: [Int32]
  public let layout: SequenceLayout
  /// For models with rotary embedding.
  public let angles: RotaryAngles?

  public init(tokens: [Int32], layout: SequenceLayout, angles: RotaryAngles? = nil) {
    precondition(
      tokens.count == layout.positions.count,
      "SequenceContext: \(tokens.count) tokens for a layout of \(layout.positions.count) rows")
    self.tokens = tokens
    self.layout = layout
    self.angles = angles
  }

  /// The prompt's row that a virtual token stands for; nil for a token of the vocabulary.
  static func virtualNumber(_ token: Int32) -> Int? { token < 0 ? Int(-1 - token) : nil }

  fileprivate static func virtualToken(_ number: Int) -> Int32 { Int32(-1 - number) }
}

extension LanguageModel {
  /// What the blocks share for a text behind what a scheme puts before every sequence of it, and the rows there that
  /// `rows` of the text are; nil where all rows are the text's and all are wanted.
  ///
  /// Virtual tokens stand at the front of every segment that continues no other; a text in a cache that holds something
  /// has them there already. A label is asked of the first row of all, a virtual one.
  public func context(
    of tokens: [Int32], layout: SequenceLayout, rows: [Int]?, state: ModelState, cache: KeyValueCache? = nil
  ) -> (context: SequenceContext, rows: [Int]?) {
    let shift = state.positionShift, isFirst = cache.map { $0.count == 0 } ?? true
    if isFirst { cache?.virtualCount = state.virtualLength }
    guard shift > 0 else { return (context(of: tokens, layout: layout), rows) }
    guard isFirst, state.promptLength > 0 else {
      var moved = layout
      moved.positions = layout.positions.map { $0 + Int32(shift) }
      return (context(of: tokens, layout: moved), rows)
    }
    let prompted = PromptedText(tokens, layout, length: state.promptLength, shift: shift)
    let places = head?.prediction == .label && rows != nil ? prompted.firstPlaces : prompted.places
    return (
      context(of: prompted.tokens, layout: prompted.layout), (rows ?? Array(tokens.indices)).map { places[$0] }
    )
  }
}

/// A text with virtual tokens at the front of every segment that continues no other.
private struct PromptedText {
  var tokens: [Int32] = []
  var layout: SequenceLayout
  /// Where each row of the text has come to lie.
  var places: [Int] = []
  /// Where each row's segment begins, virtual tokens included.
  var firstPlaces: [Int] = []

  /// - Parameters:
  ///   - length: number of virtual tokens.
  ///   - shift: position of a text's first token.
  init(_ text: [Int32], _ old: SequenceLayout, length: Int, shift: Int) {
    layout = SequenceLayout(segments: [], positions: [], tokenTypes: old.tokenTypes.map { _ in [] })
    for segment in old.segments {
      let first = tokens.count
      if segment.prefix == nil {
        tokens += (0..<length).map(SequenceContext.virtualToken)
        layout.positions += (shift - length..<shift).map(Int32.init)
        layout.tokenTypes?.append(contentsOf: repeatElement(0, count: length))
      }
      places += segment.rows.map { tokens.count + $0 - segment.rows.lowerBound }
      firstPlaces += segment.rows.map { _ in first }
      tokens += text[segment.rows]
      layout.positions += old.positions[segment.rows].map { $0 + Int32(shift) }
      if let types = old.tokenTypes { layout.tokenTypes? += types[segment.rows] }
      layout.segments.append(.init(rows: first..<tokens.count, prefix: segment.prefix))
    }
    precondition(places.count == text.count, "context: segments that are not all of the text's rows in order")
  }
}
