import TensorCore

extension EagerEvaluator {
  /// Rows of queries whose scores are held at once: they fit the second-level cache with keys of some thousand tokens.
  private static let queryBlock = 64

  public func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?
  ) -> Value {
    let width = heads.queries * heads.dimension, keyWidth = heads.groups * heads.dimension
    precondition(
      queries.columns == width && keys.columns == keyWidth && values.columns == keyWidth,
      "attention: \(queries.columns), \(keys.columns), \(values.columns) columns for \(heads)")
    precondition(
      queries.rows == keys.rows && keys.rows == values.rows,
      "attention: \(queries.rows) queries, \(keys.rows) keys, \(values.rows) values")
    let lanes = max(queries.lanes, keys.lanes, values.lanes)
    let out = make(lanes: lanes, rows: queries.rows, columns: width)
    let blocks = attentionBlocks(layout, pattern, cache: cache, keys: keys, values: values)
    let greatestKeys = blocks.map { $0.prefix.count + $0.own.count }.max() ?? 0
    let scratch = workspace.scratch(workers: threads.count, count: EagerEvaluator.queryBlock * greatestKeys)
    threads.forEach(lanes * blocks.count * heads.queries) { index, worker in
      let head = index % heads.queries, rest = index / heads.queries
      let block = blocks[rest % blocks.count], lane = rest / blocks.count
      let column = head * heads.dimension, keyColumn = head / (heads.queries / heads.groups) * heads.dimension
      block.attend(
        queries: queries.pointer(lane: lane) + column,
        keys: cache.map { $0.keys.mutableFloats.baseAddress! } ?? keys.pointer(lane: lane),
        values: cache.map { $0.values.mutableFloats.baseAddress! } ?? values.pointer(lane: lane), keyColumn: keyColumn,
        stride: width, keyStride: keyWidth, dimension: heads.dimension, scores: scratch[worker],
        out: out.pointer(lane: lane) + column)
    }
    return out
  }

  /// The work of one head: stretches of queries with the keys that they see. With a cache the new keys go there first.
  private func attentionBlocks(
    _ layout: SequenceLayout, _ pattern: AttentionPattern, cache: KeyValueCache.Layer?, keys: Value, values: Value
  ) -> [AttentionBlock] {
    var offset = 0
    if let cache {
      precondition(
        layout.segments.count == 1 && keys.lanes == 1 && values.lanes == 1 && pattern != .bidirectional,
        "attention: a cache holds one causal sequence in one lane, not \(layout.segments.count) in \(keys.lanes)")
      offset = cache.count
      cache.append(keys: keys.floats(), values: values.floats())
    }
    return layout.segments.flatMap { segment in
      precondition(
        segment.prefix.map { layout.segments[$0].prefix == nil && pattern != .bidirectional } ?? true,
        "attention: rows \(segment.rows) continue a segment that continues another, or is read in both directions")
      let prefix = segment.prefix.map { layout.segments[$0].rows } ?? 0..<0
      // In a cache the segment's keys begin at row 0, after `offset` earlier ones.
      let own = cache == nil ? segment.rows : 0..<offset + segment.rows.upperBound
      return stride(from: segment.rows.lowerBound, to: segment.rows.upperBound, by: EagerEvaluator.queryBlock).map {
        first in
        let rows = first..<min(segment.rows.upperBound, first + EagerEvaluator.queryBlock)
        let earlier = offset + first - segment.rows.lowerBound
        return AttentionBlock(queries: rows, prefix: prefix, own: own, earlier: earlier, pattern: pattern)
      }
    }
  }
}

/// Queries `queries` against the keys of `prefix` and `own`, which lie side by side as columns of the scores.
private struct AttentionBlock {
  let queries: Range<Int>
  let prefix: Range<Int>
  let own: Range<Int>
  /// The last and the first column that the first query sees, the next query one more of each; nil: all see all.
  private let lastOfFirst: Int?
  private let firstOfFirst: Int

  /// - Parameters:
  ///   - own: keys of the queries' own sequence.
  ///   - earlier: how many of them come before the first query.
  init(queries: Range<Int>, prefix: Range<Int>, own: Range<Int>, earlier: Int, pattern: AttentionPattern) {
    self.queries = queries
    guard case .causal(let window) = pattern else {
      (self.prefix, self.own, lastOfFirst, firstOfFirst) = (prefix, own, nil, 0)
      return
    }
    // Keys that no query of the block sees take no part.
    let position = prefix.count + earlier
    let unseen = window.map { max(0, position - $0 + 1) } ?? 0
    self.prefix = prefix.lowerBound + min(unseen, prefix.count)..<prefix.upperBound
    self.own = own.lowerBound + max(0, unseen - prefix.count)..<own.lowerBound + earlier + queries.count
    lastOfFirst = position - unseen
    firstOfFirst = window.map { position - $0 + 1 - unseen } ?? -own.upperBound
  }

  private func columns(_ row: Int) -> Range<Int> {
    guard let lastOfFirst else { return 0..<prefix.count + own.count }
    return max(0, firstOfFirst + row)..<lastOfFirst + row + 1
  }

  func attend(
    queries q: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, keyColumn: Int,
    stride: Int, keyStride: Int, dimension: Int, scores: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>
  ) {
    let width = prefix.count + own.count
    let first = q + queries.lowerBound * stride, target = out + queries.lowerBound * stride
    for (range, column) in [(prefix, 0), (own, prefix.count)] where !range.isEmpty {
      MatrixProduct.rowsByRows(
        m: queries.count, n: range.count, k: dimension, x: first, xStride: stride,
        w: keys + range.lowerBound * keyStride + keyColumn, wStride: keyStride, out: scores + column, outStride: width)
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: queries.count) { inverses in
      for row in 0..<queries.count {
        let seen = columns(row), line = scores + row * width
        let sum = RowOperations.softmaxNumerators(
          count: seen.count, scale: 1 / Float(dimension).squareRoot(), x: line + seen.lowerBound)
        line.update(repeating: 0, count: seen.lowerBound)
        (line + seen.upperBound).update(repeating: 0, count: width - seen.upperBound)
        inverses[row] = 1 / sum
      }
      var accumulate = false
      for (range, column) in [(prefix, 0), (own, prefix.count)] where !range.isEmpty {
        MatrixProduct.rowsByColumns(
          m: queries.count, n: dimension, k: range.count, x: scores + column, xStride: width,
          w: values + range.lowerBound * keyStride + keyColumn, wStride: keyStride, out: target, outStride: stride,
          accumulate: accumulate)
        accumulate = true
      }
      for row in 0..<queries.count {
        RowOperations.scale(count: dimension, by: inverses[row], x: target + row * stride)
      }
    }
  }
}
