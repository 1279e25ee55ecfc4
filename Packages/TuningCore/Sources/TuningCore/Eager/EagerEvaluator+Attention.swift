import TensorCore

extension EagerEvaluator {
  /// Queries of a head that one thread takes at a time: enough for what packing their keys costs.
  private static let queryBlock = 96

  public func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?
  ) -> Value {
    let width = heads.queries * heads.dimension, keyWidth = heads.groups * heads.dimension
    precondition(
      queries.columns == width && keys.columns == keyWidth && values.columns == keyWidth,
      "attention: \(queries.columns), \(keys.columns), \(values.columns) columns for \(heads)")
    precondition(
      queries.rows <= keys.rows && keys.rows == values.rows,
      "attention: \(queries.rows) queries, \(keys.rows) keys, \(values.rows) values")
    let lanes = max(queries.lanes, keys.lanes, values.lanes)
    let out = make(lanes: lanes, rows: queries.rows, columns: width)
    let shared = keys.rows - queries.rows
    let cached = append(to: cache, keys: keys, values: values, shared: shared, layout, pattern)
    let spans = AttentionSpan.spans(
      of: layout, pattern, shared: shared, cached: cached, queries: EagerEvaluator.queryBlock)
    let greatestKeys = spans.map(\.width).max() ?? 0
    let scratch = workspace.scratch(
      workers: threads.count, count: HeadAttention.scratchCount(keys: greatestKeys, dimension: heads.dimension))
    threads.forEach(lanes * spans.count * heads.queries) { index, worker in
      let head = index % heads.queries, rest = index / heads.queries
      let span = spans[rest % spans.count], lane = rest / spans.count
      let column = head * heads.dimension, keyColumn = head / (heads.queries / heads.groups) * heads.dimension
      span.attend(
        queries: queries.pointer(lane: lane) + column,
        keys: cache.map { $0.keys.mutableFloats.baseAddress! } ?? keys.pointer(lane: lane),
        values: cache.map { $0.values.mutableFloats.baseAddress! } ?? values.pointer(lane: lane), keyColumn: keyColumn,
        stride: width, keyStride: keyWidth, dimension: heads.dimension, scratch: scratch[worker],
        out: out.pointer(lane: lane) + column)
    }
    return out
  }

  /// Appends the new keys and values to the cache, where there is one, those that all share to each of its sequences;
  /// returns the rows that hold what comes before each segment.
  private func append(
    to cache: KeyValueCache.Layer?, keys: Value, values: Value, shared: Int, _ layout: SequenceLayout,
    _ pattern: AttentionPattern
  ) -> [Range<Int>]? {
    guard let cache else { return nil }
    precondition(
      layout.segments.count == cache.active.count && keys.lanes == 1 && values.lanes == 1
        && (pattern != .bidirectional || cache.count == 0),
      "attention: \(layout.segments.count) segments in \(keys.lanes) lanes for a cache of \(cache.active.count) "
        + "sequences in one, which are read in both directions all at once")
    return layout.segments.enumerated().map { number, segment in
      precondition(segment.prefix == nil, "attention: a sequence of a cache continues another")
      if shared > 0 { cache.append(keys: keys.rows(0..<shared), values: values.rows(0..<shared), toSegment: number) }
      let earlier = cache.rows(ofSegment: number)
      let rows = shared + segment.rows.lowerBound..<shared + segment.rows.upperBound
      cache.append(keys: keys.rows(rows), values: values.rows(rows), toSegment: number)
      return earlier
    }
  }
}

extension EagerEvaluator.Value {
  /// Rows of the one lane.
  fileprivate func rows(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: pointer(lane: 0) + range.lowerBound * columns, count: range.count * columns)
  }
}

extension AttentionSpan {
  fileprivate func attend(
    queries q: UnsafePointer<Float>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, keyColumn: Int,
    stride: Int, keyStride: Int, dimension: Int, scratch: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>
  ) {
    let head = HeadAttention(keys: width, dimension: dimension, scratch: scratch)
    for (range, column) in self.keys {
      let start = range.lowerBound * keyStride + keyColumn
      head.pack(column..<column + range.count, keys: keys + start, values: values + start, stride: keyStride)
    }
    head.attend(
      rows: queries.count, seeing: visible, scale: 1 / Float(dimension).squareRoot(),
      queries: q + queries.lowerBound * stride, queryStride: stride, out: out + queries.lowerBound * stride,
      outStride: stride)
  }
}
