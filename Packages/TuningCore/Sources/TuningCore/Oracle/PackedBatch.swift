/// How the rows of a packed batch belong together: no padding, any number of sequences one after the other.
public struct SequenceLayout: Sendable, Equatable {
  /// A stretch of rows whose tokens follow one another.
  public struct Segment: Sendable, Equatable {
    public var rows: Range<Int>
    /// The segment that this one continues: its rows are seen too. Several may continue the same one.
    public var prefix: Int?

    public init(rows: Range<Int>, prefix: Int? = nil) {
      self.rows = rows
      self.prefix = prefix
    }
  }

  public var segments: [Segment]
  /// Position of each row in its sequence.
  public var positions: [Int32]
  /// Which of a pair of texts each row belongs to, for models that tell them apart; nil: all to the first.
  public var tokenTypes: [Int32]?

  public init(segments: [Segment], positions: [Int32], tokenTypes: [Int32]? = nil) {
    self.segments = segments
    self.positions = positions
    self.tokenTypes = tokenTypes
  }

  /// One sequence, its first row at `start`.
  public init(sequenceOf count: Int, startingAt start: Int = 0) {
    self.init(segments: [Segment(rows: 0..<count)], positions: (start..<start + count).map(Int32.init))
  }
}

/// A prompt and the continuations whose probabilities are wanted.
public struct ScoringRequest: Sendable, Equatable, Codable {
  public var prompt: [Int32]
  public var continuations: [[Int32]]
  /// How many of each continuation's last tokens are scored; nil: all of them.
  ///
  /// Fewer where candidates share only a part of what comes before their answers: the rest of it opens the continuation.
  public var scoredCounts: [Int]?
  /// Index of the right continuation: what is trained on.
  public var gold: Int
  /// Indices of others that count as right where continuations are ranked.
  public var otherGolds: [Int]
  /// Every right continuation, the one trained on first.
  public var golds: [Int] { [gold] + otherGolds }
  /// Of the example among those that a run trains on, for oracles that know more of it; nil: it has none.
  public var number: Int?
  /// Where the continuations stand; mostly they continue the prompt.
  public var place = CandidatePlace.afterPrompt
  /// Which of a pair of texts each of the prompt's tokens belongs to, for an encoder; nil: all to the first.
  public var tokenTypes: [Int32]?

  public init(
    prompt: [Int32], continuations: [[Int32]], scoredCounts: [Int]? = nil, gold: Int = 0, otherGolds: [Int] = [],
    number: Int? = nil
  ) {
    self.prompt = prompt
    self.continuations = continuations
    self.scoredCounts = scoredCounts
    self.gold = gold
    self.otherGolds = otherGolds
    self.number = number
  }
}

/// A text with blanks, each a mask token, and the tokens that might fill them: how a masked language model is asked.
public struct ClozeRequest: Sendable, Equatable {
  public var tokens: [Int32]
  /// Which of a pair of texts each token belongs to; nil: all to the first.
  public var tokenTypes: [Int32]?
  /// Positions of the mask tokens.
  public var blanks: [Int]
  /// One token for each blank.
  public var candidates: [[Int32]]
  /// Index of the right candidate.
  public var gold: Int

  public init(
    tokens: [Int32], tokenTypes: [Int32]? = nil, blanks: [Int], candidates: [[Int32]], gold: Int = 0
  ) {
    self.tokens = tokens
    self.tokenTypes = tokenTypes
    self.blanks = blanks
    self.candidates = candidates
    self.gold = gold
  }
}

/// A text and the label that it should get: how a model with a classification head is asked.
public struct LabelRequest: Sendable, Equatable {
  public var tokens: [Int32]
  /// Which of a pair of texts each token belongs to; nil: all to the first.
  public var tokenTypes: [Int32]?
  /// The head's row of each label.
  public var rows: [Int32]
  /// The right label.
  public var gold: Int

  public init(tokens: [Int32], tokenTypes: [Int32]? = nil, rows: [Int32], gold: Int = 0) {
    self.tokens = tokens
    self.tokenTypes = tokenTypes
    self.rows = rows
    self.gold = gold
  }

  /// Labels in the order of the head's rows.
  public init(tokens: [Int32], tokenTypes: [Int32]? = nil, labels: Int, gold: Int = 0) {
    self.init(tokens: tokens, tokenTypes: tokenTypes, rows: (0..<max(0, labels)).map(Int32.init), gold: gold)
  }
}

/// Examples laid end to end for one evaluation: every token once, prompts shared by their continuations, and a list of
/// the few (row, token) pairs whose log-probability is wanted.
///
/// A continuation's first token is predicted by the prompt's last row, so a continuation of one token adds no row.
public struct PackedBatch: Sendable, Equatable {
  /// The log-probability of `token` that row `row` gives.
  public struct Target: Sendable, Equatable {
    public var row: Int
    public var token: Int32

    public init(row: Int, token: Int32) {
      self.row = row
      self.token = token
    }
  }

  public struct Example: Sendable, Equatable {
    /// Targets of each continuation, in order.
    public var continuations: [Range<Int>]
    public var gold: Int
    /// Others that count as right where continuations are ranked.
    public var otherGolds: [Int] = []
    /// The request's.
    public var number: Int?

    /// Whether continuation `index` counts as right.
    public func isRight(_ index: Int) -> Bool { index == gold || otherGolds.contains(index) }
  }

  /// What the rows are asked for.
  public let prediction: OutputHead.Prediction
  public private(set) var tokens: [Int32] = []
  public private(set) var layout = SequenceLayout(segments: [], positions: [])
  public private(set) var targets: [Target] = []
  public private(set) var examples: [Example] = []

  /// - Throws: `TuningError.invalidBatch` for a scored token that no token precedes, a continuation of which nothing is
  ///   scored or more than there is, a gold that is not there, or continuations in different kinds of places.
  public init(_ requests: [ScoringRequest]) throws {
    if let batch = try Self.encoderBatch(requests) {
      self = batch
      for index in examples.indices { examples[index].number = requests[index].number }
      return
    }
    prediction = .nextToken
    for (number, request) in requests.enumerated() {
      if let gold = request.golds.first(where: { !request.continuations.indices.contains($0) }) {
        throw TuningError(
          .invalidBatch, "example \(number): gold is \(gold) of \(request.continuations.count) continuations")
      }
      let scoredCounts = request.scoredCounts ?? request.continuations.map(\.count)
      guard scoredCounts.count == request.continuations.count else {
        throw TuningError(
          .invalidBatch,
          "example \(number): \(scoredCounts.count) scored counts for \(request.continuations.count) continuations")
      }
      let lastRow = tokens.count + request.prompt.count - 1
      let prompt = request.prompt.isEmpty ? nil : appendSegment(request.prompt[...], position: 0, prefix: nil)
      var ranges: [Range<Int>] = []
      for (continuation, scored) in zip(request.continuations, scoredCounts) {
        guard !continuation.isEmpty else {
          throw TuningError(.invalidBatch, "example \(number): a continuation has no tokens")
        }
        guard 1...continuation.count ~= scored else {
          throw TuningError(
            .invalidBatch,
            "example \(number): \(scored) of a continuation's \(continuation.count) tokens are to be scored")
        }
        guard prompt != nil || scored < continuation.count else {
          throw TuningError(
            .invalidBatch, "example \(number): the prompt has no tokens, so nothing predicts the first word after it")
        }
        ranges.append(appendContinuation(continuation, scored: scored, prompt: prompt, lastRow: lastRow))
      }
      examples.append(
        Example(
          continuations: ranges, gold: request.gold, otherGolds: request.otherGolds, number: request.number))
    }
  }

  /// Texts with blanks: a candidate's targets are its tokens at the blanks.
  ///
  /// - Throws: `TuningError.invalidBatch` for a blank that is not there, a candidate without a token for each blank, a
  ///   gold that is not there, or token types of another number.
  public init(cloze requests: [ClozeRequest]) throws {
    prediction = .maskedToken
    for (number, request) in requests.enumerated() {
      guard !request.blanks.isEmpty, request.blanks.allSatisfy(request.tokens.indices.contains) else {
        throw TuningError(
          .invalidBatch, "example \(number): blanks at \(request.blanks) of \(request.tokens.count) tokens")
      }
      guard request.candidates.allSatisfy({ $0.count == request.blanks.count }) else {
        throw TuningError(
          .invalidBatch,
          "example \(number): \(request.blanks.count) blanks, candidates of \(request.candidates.map(\.count)) tokens")
      }
      let first = try appendText(request.tokens, request.tokenTypes, number)
      try appendExample(
        number, gold: request.gold,
        request.candidates.map { candidate in
          zip(request.blanks, candidate).map { Target(row: first + $0, token: $1) }
        })
    }
  }

  /// Texts to be labelled: a candidate is a label, its target the text's first row.
  ///
  /// - Throws: `TuningError.invalidBatch` for a text without tokens, a gold that is not there, or token types of
  ///   another number.
  public init(labelled requests: [LabelRequest]) throws {
    prediction = .label
    for (number, request) in requests.enumerated() {
      guard !request.tokens.isEmpty else {
        throw TuningError(.invalidBatch, "example \(number): the text has no tokens")
      }
      let first = try appendText(request.tokens, request.tokenTypes, number)
      try appendExample(
        number, gold: request.gold, request.rows.map { [Target(row: first, token: $0)] })
    }
  }

  /// Adds a text's rows; returns the first.
  private mutating func appendText(_ ids: [Int32], _ types: [Int32]?, _ number: Int) throws -> Int {
    guard types.map({ $0.count == ids.count }) ?? true else {
      throw TuningError(.invalidBatch, "example \(number): \(types?.count ?? 0) token types for \(ids.count) tokens")
    }
    let first = tokens.count
    _ = appendSegment(ids[...], position: 0, prefix: nil)
    if types != nil || layout.tokenTypes != nil {
      let earlier = layout.tokenTypes ?? [Int32](repeating: 0, count: first)
      layout.tokenTypes = earlier + (types ?? [Int32](repeating: 0, count: ids.count))
    }
    return first
  }

  private mutating func appendExample(_ number: Int, gold: Int, _ candidates: [[Target]]) throws {
    guard candidates.indices.contains(gold) else {
      throw TuningError(.invalidBatch, "example \(number): gold is \(gold) of \(candidates.count) candidates")
    }
    let ranges = candidates.map { candidate in
      targets += candidate
      return targets.count - candidate.count..<targets.count
    }
    examples.append(Example(continuations: ranges, gold: gold))
  }

  /// Adds the rows of all but the last token, and the targets of the last `scored` tokens; returns the targets' range.
  private mutating func appendContinuation(
    _ continuation: [Int32], scored: Int, prompt: Int?, lastRow: Int
  ) -> Range<Int> {
    let start = targets.count, firstRow = tokens.count
    if continuation.count > 1 {
      let position = prompt.map { layout.segments[$0].rows.count } ?? 0
      _ = appendSegment(continuation.dropLast(), position: position, prefix: prompt)
    }
    targets += (continuation.count - scored..<continuation.count).map { index in
      Target(row: index == 0 ? lastRow : firstRow + index - 1, token: continuation[index])
    }
    return start..<targets.count
  }

  private mutating func appendSegment(_ ids: ArraySlice<Int32>, position: Int, prefix: Int?) -> Int {
    layout.segments.append(.init(rows: tokens.count..<tokens.count + ids.count, prefix: prefix))
    layout.positions += (position..<position + ids.count).map(Int32.init)
    tokens += ids
    return layout.segments.count - 1
  }

  /// The rows that are asked, each once, and the targets by their place among these.
  public var askedRows: (rows: [Int], targets: [Target]) {
    var rows: [Int] = []
    var position: [Int: Int] = [:]
    let targets = targets.map { target in
      if position[target.row] == nil {
        position[target.row] = rows.count
        rows.append(target.row)
      }
      return Target(row: position[target.row]!, token: target.token)
    }
    return (rows, targets)
  }

  /// Tokens that the model reads of the longest sequence: a continuation's last one is predicted and not read.
  public var longestSequence: Int { (layout.positions.max().map(Int.init) ?? -1) + 1 }
}
