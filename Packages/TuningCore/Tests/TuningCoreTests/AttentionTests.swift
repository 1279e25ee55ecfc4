import TensorCore
import Testing
import TuningCore

@Suite struct AttentionTests {
  typealias Segment = SequenceLayout.Segment

  /// What a row sees, from the layout's definition.
  private func sees(_ layout: SequenceLayout, _ query: Int, _ key: Int) -> Bool {
    guard let own = layout.segments.first(where: { $0.rows.contains(query) }) else { return false }
    if own.rows.contains(key) { return key <= query }
    return own.prefix.map { layout.segments[$0].rows.contains(key) } ?? false
  }

  private func layout(_ segments: [Segment]) -> SequenceLayout {
    SequenceLayout(segments: segments, positions: [Int32](repeating: 0, count: segments.last?.rows.upperBound ?? 0))
  }

  private struct Inputs {
    let q, k, v: Tensor

    init(rows: Int, heads: AttentionHeads, dice: inout Dice) throws {
      let (width, narrow) = (heads.queries * heads.dimension, heads.groups * heads.dimension)
      q = try Tensor(dice.floats(rows * width, in: -3...3), shape: [rows, width])
      k = try Tensor(dice.floats(rows * narrow, in: -3...3), shape: [rows, narrow])
      v = try Tensor(dice.floats(rows * narrow), shape: [rows, narrow])
    }
  }

  static let heads = [
    AttentionHeads(queries: 1, groups: 1, dimension: 1), AttentionHeads(queries: 4, groups: 4, dimension: 6),
    AttentionHeads(queries: 6, groups: 2, dimension: 8), AttentionHeads(queries: 5, groups: 1, dimension: 3),
  ]

  /// Short and long segments, beside each other and continuing each other; longer than the blocks that are worked on.
  static let layouts: [[Segment]] = [
    [Segment(rows: 0..<1)], [Segment(rows: 0..<7)], [Segment(rows: 0..<65)], [Segment(rows: 0..<150)],
    [Segment(rows: 0..<1), Segment(rows: 1..<71), Segment(rows: 71..<74), Segment(rows: 74..<138)],
    [Segment(rows: 0..<5), Segment(rows: 5..<6, prefix: 0), Segment(rows: 6..<13, prefix: 0)],
    [
      Segment(rows: 0..<3), Segment(rows: 3..<73), Segment(rows: 73..<74, prefix: 1),
      Segment(rows: 74..<140, prefix: 1),
      Segment(rows: 140..<142, prefix: 0), Segment(rows: 142..<150),
    ],
  ]

  @Test(arguments: heads, layouts)
  func meetsTheFormula(_ heads: AttentionHeads, _ segments: [Segment]) throws {
    let layout = layout(segments)
    var dice = Dice(UInt64(segments.count * heads.queries))
    let inputs = try Inputs(rows: layout.positions.count, heads: heads, dice: &dice)
    let evaluator = EagerEvaluator(threads: Threads(2))
    let out = evaluator.attention(
      queries: evaluator.activation(inputs.q), keys: evaluator.activation(inputs.k),
      values: evaluator.activation(inputs.v), heads: heads, pattern: .causal(), layout: layout, cache: nil)
    let exact = Matrix.attention(Matrix(inputs.q), Matrix(inputs.k), Matrix(inputs.v), heads: heads) {
      sees(layout, $0, $1)
    }
    expectClose(out.array(), exact.values, tolerance: 4e-6)
  }

  /// Windows shorter and longer than segments, than the blocks that are worked on, and than what is shared.
  @Test(arguments: [1, 2, 5, 64, 66, 1000], layouts)
  func windows(_ window: Int, _ segments: [Segment]) throws {
    let layout = layout(segments), heads = AttentionHeads(queries: 4, groups: 2, dimension: 5)
    var dice = Dice(UInt64(segments.count + window))
    let inputs = try Inputs(rows: layout.positions.count, heads: heads, dice: &dice)
    let evaluator = EagerEvaluator(threads: Threads(2))
    let out = evaluator.attention(
      queries: evaluator.activation(inputs.q), keys: evaluator.activation(inputs.k),
      values: evaluator.activation(inputs.v), heads: heads, pattern: .causal(window: window), layout: layout,
      cache: nil)
    let position = positions(layout)
    let exact = Matrix.attention(Matrix(inputs.q), Matrix(inputs.k), Matrix(inputs.v), heads: heads) {
      sees(layout, $0, $1) && position[$0] - position[$1] < window
    }
    expectClose(out.array(), exact.values, tolerance: 4e-6)
  }

  private func positions(_ layout: SequenceLayout) -> [Int] {
    layout.segments.flatMap { segment in
      segment.rows.map { $0 - segment.rows.lowerBound + (segment.prefix.map { layout.segments[$0].rows.count } ?? 0) }
    }
  }

  @Test(arguments: heads, layouts.filter { $0.allSatisfy { $0.prefix == nil } })
  func bothDirections(_ heads: AttentionHeads, _ segments: [Segment]) throws {
    let layout = layout(segments)
    var dice = Dice(UInt64(segments.count * heads.queries))
    let inputs = try Inputs(rows: layout.positions.count, heads: heads, dice: &dice)
    let evaluator = EagerEvaluator(threads: Threads(2))
    let out = evaluator.attention(
      queries: evaluator.activation(inputs.q), keys: evaluator.activation(inputs.k),
      values: evaluator.activation(inputs.v), heads: heads, pattern: .bidirectional, layout: layout, cache: nil)
    let exact = Matrix.attention(Matrix(inputs.q), Matrix(inputs.k), Matrix(inputs.v), heads: heads) { query, key in
      segments.contains { $0.rows.contains(query) && $0.rows.contains(key) }
    }
    expectClose(out.array(), exact.values, tolerance: 4e-6)
  }

  /// Scores of thousands leave one key: the softmax is shifted by the greatest.
  @Test func sharpScores() throws {
    let heads = AttentionHeads(queries: 1, groups: 1, dimension: 1)
    let q = try Tensor([100, 100, 100], shape: [3, 1]), k = try Tensor([50, 90, -90], shape: [3, 1])
    let v = try Tensor([1, 2, 4], shape: [3, 1])
    let evaluator = EagerEvaluator()
    let out = evaluator.attention(
      queries: evaluator.activation(q), keys: evaluator.activation(k), values: evaluator.activation(v), heads: heads,
      pattern: .causal(),
      layout: SequenceLayout(sequenceOf: 3), cache: nil)
    #expect(Array(out.array()) == [1, 2, 2])
  }

  /// A sequence in pieces through a cache is the sequence in one.
  @Test(arguments: [nil, 1, 4, 65], [[1], [9], [3, 1, 1, 5], [70, 1, 66, 1]])
  func cacheContinues(_ window: Int?, _ pieces: [Int]) throws {
    for heads in AttentionTests.heads { try cacheContinues(heads, window, pieces) }
  }

  private func cacheContinues(_ heads: AttentionHeads, _ window: Int?, _ pieces: [Int]) throws {
    let total = pieces.reduce(0, +)
    var dice = Dice(UInt64(total))
    let inputs = try Inputs(rows: total, heads: heads, dice: &dice)
    let exact = Matrix.attention(Matrix(inputs.q), Matrix(inputs.k), Matrix(inputs.v), heads: heads) {
      $1 <= $0 && $0 - $1 < window ?? total
    }
    let cache = try KeyValueCache(layers: 1, capacity: total, width: heads.groups * heads.dimension)
    let evaluator = EagerEvaluator(threads: Threads(2))
    var start = 0, got: [Float] = []
    for piece in pieces {
      let rows = start..<start + piece
      let out = evaluator.attention(
        queries: evaluator.activation(inputs.q.rows(rows)), keys: evaluator.activation(inputs.k.rows(rows)),
        values: evaluator.activation(inputs.v.rows(rows)), heads: heads, pattern: .causal(window: window),
        layout: SequenceLayout(sequenceOf: piece, startingAt: start), cache: cache.layers[0])
      got += out.array()
      start += piece
      #expect(cache.count == start)
    }
    expectClose(got, exact.values, tolerance: 4e-6)
  }

  /// Sequences of one cache, begun together behind shared keys and gone on with in pieces by some of them, are each what
  /// it would be alone.
  @Test(arguments: [nil, 3], [0, 2])
  func cacheOfManySequences(_ window: Int?, _ shared: Int) throws {
    let heads = AttentionHeads(queries: 4, groups: 2, dimension: 5)
    // Rows of three sequences behind the shared ones, and which sequences a forward continues, by how many rows each.
    let sequences = [shared..<shared + 4, shared + 4..<shared + 5, shared + 5..<shared + 12]
    let pieces = [[(0, 2), (1, 1), (2, 5)], [(0, 1), (2, 1)], [(2, 1), (0, 1)]]
    let evaluator = EagerEvaluator(threads: Threads(2))
    var dice = Dice(8)
    let inputs = try Inputs(rows: shared + 12, heads: heads, dice: &dice)
    func rows(_ tensor: Tensor, _ rows: [Int]) throws -> EagerEvaluator.Value {
      let width = tensor.rowLength
      let values = rows.flatMap { Array(tensor.floats[$0 * width..<($0 + 1) * width]) }
      return evaluator.activation(try Tensor(values, shape: [rows.count, width]))
    }
    let exact = Matrix.attention(Matrix(inputs.q), Matrix(inputs.k), Matrix(inputs.v), heads: heads) { query, key in
      guard let own = sequences.first(where: { $0.contains(query) }) else { return key == query }
      let distance = query - own.lowerBound + shared - (key < shared ? key : key - own.lowerBound + shared)
      return (key < shared || own.contains(key)) && distance >= 0 && distance < window ?? 100
    }
    let cache = try KeyValueCache(layers: 1, sequences: 3, capacity: 10, width: 10)
    var done = sequences.map(\.lowerBound)
    for (step, piece) in pieces.enumerated() {
      cache.active = piece.map(\.0)
      var asked: [Int] = [], layout = SequenceLayout(segments: [], positions: [])
      for (sequence, count) in piece {
        layout.segments.append(Segment(rows: asked.count..<asked.count + count))
        asked += done[sequence]..<done[sequence] + count
        done[sequence] += count
      }
      layout.positions = asked.map(Int32.init)
      let keys = (step == 0 ? Array(0..<shared) : []) + asked
      let out = evaluator.attention(
        queries: try rows(inputs.q, asked), keys: try rows(inputs.k, keys), values: try rows(inputs.v, keys),
        heads: heads, pattern: .causal(window: window), layout: layout, cache: cache.layers[0])
      let expected = asked.flatMap { Array(exact.values[$0 * 20..<($0 + 1) * 20]) }
      expectClose(out.array(), expected, tolerance: 4e-6)
    }
    #expect(done == sequences.map(\.upperBound))
  }

  /// Queries, keys or values of several lanes among others of one.
  @Test(arguments: 0..<8)
  func lanesMix(_ trained: Int) throws {
    let heads = AttentionHeads(queries: 4, groups: 2, dimension: 5)
    let layout = layout([Segment(rows: 0..<4), Segment(rows: 4..<9, prefix: 0)])
    var dice = Dice(UInt64(trained))
    let x = try Tensor(dice.floats(9 * 6), shape: [9, 6])
    let weights = try [20, 10, 10].enumerated().map { index, width in
      try dice.parameter(ParameterPath("w\(index)"), [width, 6], trains: trained >> index & 1 == 1)
    }
    let terms = [Term(0.3, Direction(seed: 5)), Term(-0.3, Direction(seed: 5))]
    func attend(_ evaluator: EagerEvaluator, _ weights: [Parameter]) -> EagerEvaluator.Value {
      let x = evaluator.activation(x)
      let parts = weights.map { evaluator.linear(x, weight: $0, bias: nil) }
      return evaluator.attention(
        queries: parts[0], keys: parts[1], values: parts[2], heads: heads, pattern: .causal(), layout: layout,
        cache: nil)
    }
    let out = attend(EagerEvaluator(threads: Threads(2), displacements: terms.map { Displacement([$0]) }), weights)
    #expect(out.lanes == (trained == 0 ? 1 : 2))
    for (lane, term) in terms.enumerated() {
      let plain = try weights.map { $0.isTrainable ? try $0.displaced(by: [term]) : $0 }
      let expected = attend(EagerEvaluator(threads: Threads(1)), plain)
      #expect(out.array(lane: lane).bits == expected.array().bits, "lane \(lane)")
    }
  }

  @Test func chainsOfPrefixesStop() async {
    await #expect(processExitsWith: .failure) {
      let evaluator = EagerEvaluator()
      let x = evaluator.activation(try Tensor(zeros: [3, 2]))
      let chain = SequenceLayout(
        segments: [.init(rows: 0..<1), .init(rows: 1..<2, prefix: 0), .init(rows: 2..<3, prefix: 1)],
        positions: [0, 1, 2])
      _ = evaluator.attention(
        queries: x, keys: x, values: x, heads: AttentionHeads(queries: 1, groups: 1, dimension: 2), pattern: .causal(),
        layout: chain,
        cache: nil)
    }
  }
}
