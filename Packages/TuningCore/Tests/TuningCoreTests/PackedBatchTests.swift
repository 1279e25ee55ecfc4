import Testing
import TuningCore

@Suite struct PackedBatchTests {
  typealias Target = PackedBatch.Target

  @Test func continuationsShareTheirPrompt() throws {
    let batch = try PackedBatch([
      ScoringRequest(prompt: [10, 11, 12], continuations: [[20], [30, 31, 32]], gold: 1),
      ScoringRequest(prompt: [13], continuations: [[40, 41]]),
    ])
    // 20 adds no row; the last token of a continuation is predicted and not read.
    #expect(batch.tokens == [10, 11, 12, 30, 31, 13, 40])
    #expect(batch.layout.positions == [0, 1, 2, 3, 4, 0, 1])
    #expect(
      batch.layout.segments == [
        .init(rows: 0..<3), .init(rows: 3..<5, prefix: 0), .init(rows: 5..<6), .init(rows: 6..<7, prefix: 2),
      ])
    #expect(
      batch.targets == [
        Target(row: 2, token: 20), Target(row: 2, token: 30), Target(row: 3, token: 31), Target(row: 4, token: 32),
        Target(row: 5, token: 40), Target(row: 6, token: 41),
      ])
    #expect(batch.examples.map(\.continuations) == [[0..<1, 1..<4], [4..<6]])
    #expect(batch.examples.map(\.gold) == [1, 0])
    #expect(batch.longestSequence == 5)
  }

  @Test func oneTokenContinuationsAddNoRows() throws {
    let batch = try PackedBatch([ScoringRequest(prompt: [1, 2], continuations: [[3], [4], [5]])])
    #expect(batch.tokens == [1, 2] && batch.layout.segments.count == 1 && batch.targets.map(\.row) == [1, 1, 1])
  }

  /// Only the end of a continuation counts where the rest of it belongs to the question.
  @Test func scoredCounts() throws {
    let batch = try PackedBatch([
      ScoringRequest(prompt: [1, 2], continuations: [[3, 4, 5], [6, 7]], scoredCounts: [1, 2]),
      ScoringRequest(prompt: [], continuations: [[8, 9]], scoredCounts: [1]),
    ])
    #expect(batch.tokens == [1, 2, 3, 4, 6, 8])
    #expect(
      batch.targets == [
        Target(row: 3, token: 5), Target(row: 1, token: 6), Target(row: 4, token: 7), Target(row: 5, token: 9),
      ])
    #expect(batch.layout.positions == [0, 1, 2, 3, 2, 0])
    #expect(batch.layout.segments.map(\.prefix) == [nil, 0, 0, nil])
  }

  @Test func blanksAreAskedInTheirPlace() throws {
    let batch = try PackedBatch(cloze: [
      ClozeRequest(tokens: [7, 99, 8], blanks: [1], candidates: [[20], [21]], gold: 1),
      ClozeRequest(tokens: [99, 5, 99], tokenTypes: [0, 1, 1], blanks: [0, 2], candidates: [[30, 31]]),
    ])
    #expect(batch.prediction == .maskedToken && batch.tokens == [7, 99, 8, 99, 5, 99])
    #expect(batch.layout.segments == [.init(rows: 0..<3), .init(rows: 3..<6)])
    #expect(batch.layout.positions == [0, 1, 2, 0, 1, 2] && batch.layout.tokenTypes == [0, 0, 0, 0, 1, 1])
    #expect(
      batch.targets == [
        Target(row: 1, token: 20), Target(row: 1, token: 21), Target(row: 3, token: 30), Target(row: 5, token: 31),
      ])
    #expect(batch.examples.map(\.continuations) == [[0..<1, 1..<2], [2..<4]] && batch.examples.map(\.gold) == [1, 0])
  }

  @Test func labelsAreAskedAtTheFirstRow() throws {
    let batch = try PackedBatch(labelled: [
      LabelRequest(tokens: [7, 8], labels: 3, gold: 2), LabelRequest(tokens: [9], tokenTypes: [1], labels: 2),
    ])
    #expect(batch.prediction == .label && batch.layout.tokenTypes == [0, 0, 1])
    #expect(batch.targets.map(\.row) == [0, 0, 0, 2, 2] && batch.targets.map(\.token) == [0, 1, 2, 0, 1])
    #expect(batch.examples.map(\.continuations) == [[0..<1, 1..<2, 2..<3], [3..<4, 4..<5]])
  }

  @Test(arguments: [
    (ClozeRequest(tokens: [1, 2], blanks: [], candidates: [[1]]), "blanks at []"),
    (ClozeRequest(tokens: [1, 2], blanks: [2], candidates: [[1]]), "blanks at [2] of 2 tokens"),
    (ClozeRequest(tokens: [1, 2], blanks: [0], candidates: [[1], [1, 2]]), "1 blanks, candidates of [1, 2]"),
    (ClozeRequest(tokens: [1, 2], blanks: [0], candidates: [[1]], gold: 1), "gold is 1 of 1"),
    (ClozeRequest(tokens: [1, 2], tokenTypes: [0], blanks: [0], candidates: [[1]]), "1 token types for 2 tokens"),
  ])
  func badBlanks(_ request: ClozeRequest, _ words: String) {
    let error = #expect(throws: TuningError.self) { try PackedBatch(cloze: [request]) }
    #expect(error?.code == .invalidBatch && error?.message.contains(words) == true, "\(error as Any)")
  }

  @Test func badLabels() {
    for request in [
      LabelRequest(tokens: [], labels: 2), LabelRequest(tokens: [1], labels: 2, gold: 2),
      LabelRequest(tokens: [1], labels: -1),
    ] {
      #expect(throws: TuningError.self) { try PackedBatch(labelled: [request]) }
    }
  }

  @Test func emptyBatch() throws {
    let batch = try PackedBatch([])
    #expect(batch.tokens.isEmpty && batch.targets.isEmpty && batch.longestSequence == 0)
  }

  @Test(arguments: [
    (ScoringRequest(prompt: [], continuations: [[1]]), "the prompt has no tokens"),
    (ScoringRequest(prompt: [1], continuations: [[1], []]), "a continuation has no tokens"),
    (ScoringRequest(prompt: [1], continuations: []), "gold is 0 of 0"),
    (ScoringRequest(prompt: [1], continuations: [[1]], gold: 1), "gold is 1 of 1"),
    (ScoringRequest(prompt: [1], continuations: [[1]], gold: -1), "gold is -1 of 1"),
    (ScoringRequest(prompt: [1], continuations: [[1, 2]], scoredCounts: [3]), "3 of a continuation's 2 tokens"),
    (ScoringRequest(prompt: [1], continuations: [[1, 2]], scoredCounts: [0]), "0 of a continuation's 2 tokens"),
    (ScoringRequest(prompt: [1], continuations: [[1, 2]], scoredCounts: []), "0 scored counts for 1"),
    (ScoringRequest(prompt: [], continuations: [[1, 2]], scoredCounts: [2]), "the prompt has no tokens"),
  ])
  func impossibleRequests(_ request: ScoringRequest, _ words: String) {
    let sound = ScoringRequest(prompt: [1], continuations: [[2]])
    let error = #expect(throws: TuningError.self) { try PackedBatch([sound, request]) }
    #expect(error?.code == .invalidBatch)
    #expect(error?.message.contains("example 1") == true && error?.message.contains(words) == true, "\(error as Any)")
  }

  @Test func encodersRequestsAreBatchesOfTheirKind() throws {
    let clozes = [
      ClozeRequest(tokens: [7, 99, 8], tokenTypes: [0, 0, 1], blanks: [1], candidates: [[20], [21]], gold: 1),
      ClozeRequest(tokens: [99, 8], blanks: [0], candidates: [[20], [21]]),
    ]
    #expect(try PackedBatch(clozes.map { ScoringRequest($0) }) == PackedBatch(cloze: clozes))
    let labelled = [LabelRequest(tokens: [7, 8], labels: 3, gold: 2), LabelRequest(tokens: [9], labels: 2)]
    #expect(try PackedBatch(labelled.map { ScoringRequest($0) }) == PackedBatch(labelled: labelled))
    #expect(ScoringRequest(clozes[0]).readTokens == 3 && ScoringRequest(labelled[0]).tokenCount == 2)
    let mixed = [ScoringRequest(clozes[0]), ScoringRequest(labelled[0])]
    let error = #expect(throws: TuningError.self) { try PackedBatch(mixed) }
    #expect(error?.code == .invalidBatch && error?.message.contains("1 of the batch's 2 examples have blanks") == true)
    #expect(throws: TuningError.self) {
      try PackedBatch([mixed[0], ScoringRequest(prompt: [1], continuations: [[2]])])
    }
  }
}
