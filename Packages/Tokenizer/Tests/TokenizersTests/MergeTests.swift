import Testing

@testable import Tokenizers

/// Byte-pair merging against its definition, and its cost.
@Suite struct MergeTests {
  /// The definition: of all pairs take the one of lowest rank, leftmost first, until there is none.
  private func mergedByDefinition(_ symbols: [Int32], _ table: MergeTable) -> [Int32] {
    var symbols = symbols
    while true {
      let candidates = symbols.indices.dropLast().compactMap { index in
        table.merge(symbols[index], symbols[index + 1]).map { (rank: $0.rank, index: index, result: $0.result) }
      }
      guard let best = candidates.min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) }) else { return symbols }
      symbols.replaceSubrange(best.index...best.index + 1, with: [best.result])
    }
  }

  @Test func scanAndHeapFollowTheDefinition() throws {
    guard case .bytePair(let model) = try Fixture.tokenizer("byte-level").model else {
      Issue.record("the fixture is not byte-pair encoding")
      return
    }
    let letters = try Array("the and in at er on ation".unicodeScalars).map { scalar in
      try #require(model.vocabulary.id(of: scalar == " " ? "\u{120}" : String(Character(scalar))))
    }
    var random = SplitMix(state: 3)
    for length in 0..<120 {
      let symbols = (0..<length).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] }
      let expected = mergedByDefinition(symbols, model.merges)
      var scan = MergeWorkspace()
      scan.symbols = symbols
      if length > 1 { scan.mergeByScanning(model.merges) }
      #expect(scan.symbols == expected)
      var heap = MergeWorkspace()
      heap.symbols = symbols
      if length > 1 { heap.mergeByHeap(model.merges) }
      #expect(heap.symbols == expected)
    }
  }

  /// A quadratic algorithm would take sixteen times as long for four times the text, and minutes for this one.
  @Test func costGrowsAlmostLinearlyWithoutBreaks() throws {
    let tokenizer = try Fixture.tokenizer("byte-level")
    let clock = ContinuousClock()
    for unit in ["a", "the", "ation"] {
      let short = String(repeating: unit, count: 20_000 / unit.count)
      let long = String(repeating: unit, count: 80_000 / unit.count)
      var count = 0
      let shortTime = clock.measure { count += tokenizer.encode(short).count }
      let longTime = clock.measure { count += tokenizer.encode(long).count }
      #expect(count > 0)
      #expect(longTime < shortTime * 12 + .milliseconds(200), "\(unit): \(shortTime), \(longTime)")
    }
  }
}
