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
    let cached = append(to: cache, keys: keys, values: values, layout, pattern)
    let spans = AttentionSpan.spans(of: layout, pattern, cached: cached, queries: EagerEvaluator.queryBlock)
    let greatestKeys = spans.map(\.width).max() ?? 0
    let scratch = workspace.scratch(workers: threads.count, count: EagerEvaluator.queryBlock * greatestKeys)
    threads.forEach(lanes * spans.count * heads.queries) { index, worker in
      let head = index % heads.queries, rest = index / heads.queries
      let span = spans[rest % spans.count], lane = rest / spans.count
      let column = head * heads.dimension, keyColumn = head / (heads.queries / heads.groups) * heads.dimension
      span.attend(
        queries: queries.pointer(lane: lane) + column,
        keys: cache.map { $0.keys.mutableFloats.baseAddress! } ?? keys.pointer(lane: lane),
        values: cache.map { $0.values.mutableFloats.baseAddress! } ?? values.pointer(lane: lane), keyColumn: keyColumn,
        stride: width, keyStride: keyWidth, dimension: heads.dimension, scores: scratch[worker],
        out: out.pointer(lane: lane) + column)
    }
    return out
  }

  /// Appends the new keys and values to the cache, where there is one; returns how many it held before.
  private func append(
    to cache: KeyValueCache.Layer?, keys: Value, values: Value, _ layout: SequenceLayout, _ pattern: AttentionPattern
  ) -> Int? {
    guard let cache else { return nil }
    precondition(
      layout.segments.count == 1 && keys.lanes == 1 && values.lanes == 1 && pattern != .bidirectional,
      "attention: a cache holds one causal sequence in one lane, not \(layout.segments.count) in \(keys.lanes)")
    let earlier = cache.count
    cache.append(keys: keys.floats(), values: values.floats())
    return earlier
  }
}

extension AttentionSpan {
  fileprivate func attend(
    queries q: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, keyColumn: Int,
    stride: Int, keyStride: Int, dimension: Int, scores: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>
  ) {
    let width = width
    let first = q + queries.lowerBound * stride, target = out + queries.lowerBound * stride
    for (range, column) in self.keys {
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
      for (range, column) in self.keys {
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
