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

  public init(segments: [Segment], positions: [Int32]) {
    self.segments = segments
    self.positions = positions
  }

  /// One sequence, its first row at `start`.
  public init(sequenceOf count: Int, startingAt start: Int = 0) {
    self.init(segments: [Segment(rows: 0..<count)], positions: (start..<start + count).map(Int32.init))
  }
}

/// A prompt and the continuations whose probabilities are wanted.
public struct ScoringRequest: Sendable, Equatable {
  public var prompt: [Int32]
  public var continuations: [[Int32]]
  /// Index of the right continuation.
  public var gold: Int

  public init(prompt: [Int32], continuations: [[Int32]], gold: Int = 0) {
    self.prompt = prompt
    self.continuations = continuations
    self.gold = gold
  }
}

/// Examples laid end to end for one evaluation: every token once, prompts shared by their continuations, and a list of
/// the few (row, token) pairs whose log-probability is wanted.
///
/// A continuation's first token is predicted by the prompt's last row, so a continuation of one token adds no row.
public struct PackedBatch: Sendable, Equatable {
  /// The log-probability of `token` at the row before it.
  public struct Target: Sendable, Equatable {
    public var row: Int
    public var token: Int32
  }

  public struct Example: Sendable, Equatable {
    /// Targets of each continuation, in order.
    public var continuations: [Range<Int>]
    public var gold: Int
  }

  public private(set) var tokens: [Int32] = []
  public private(set) var layout = SequenceLayout(segments: [], positions: [])
  public private(set) var targets: [Target] = []
  public private(set) var examples: [Example] = []

  /// - Throws: `TuningError.invalidBatch` for an empty prompt, an empty continuation, or a gold that is not there.
  public init(_ requests: [ScoringRequest]) throws {
    for (number, request) in requests.enumerated() {
      guard !request.prompt.isEmpty else {
        throw TuningError(
          .invalidBatch, "example \(number): the prompt has no tokens, so nothing predicts the first word after it")
      }
      guard request.continuations.indices.contains(request.gold) else {
        throw TuningError(
          .invalidBatch, "example \(number): gold is \(request.gold) of \(request.continuations.count) continuations")
      }
      let prompt = appendSegment(request.prompt[...], position: 0, prefix: nil)
      let lastRow = tokens.count - 1
      var ranges: [Range<Int>] = []
      for continuation in request.continuations {
        guard let first = continuation.first else {
          throw TuningError(.invalidBatch, "example \(number): a continuation has no tokens")
        }
        let start = targets.count
        targets.append(Target(row: lastRow, token: first))
        if continuation.count > 1 {
          let row = tokens.count
          _ = appendSegment(continuation.dropLast(), position: request.prompt.count, prefix: prompt)
          targets += continuation.dropFirst().enumerated().map { Target(row: row + $0.offset, token: $0.element) }
        }
        ranges.append(start..<targets.count)
      }
      examples.append(Example(continuations: ranges, gold: request.gold))
    }
  }

  private mutating func appendSegment(_ ids: ArraySlice<Int32>, position: Int, prefix: Int?) -> Int {
    layout.segments.append(.init(rows: tokens.count..<tokens.count + ids.count, prefix: prefix))
    layout.positions += (position..<position + ids.count).map(Int32.init)
    tokens += ids
    return layout.segments.count - 1
  }

  /// Tokens of the longest sequence, continuation included.
  public var longestSequence: Int { (layout.positions.max().map(Int.init) ?? -1) + 1 }
}
