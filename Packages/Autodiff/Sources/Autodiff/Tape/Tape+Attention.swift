import TensorCore
import TuningCore

extension Tape {
  public func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?
  ) -> Value {
    precondition(cache == nil, "Tape: training reads whole sequences, no cache")
    let primal = eager.attention(
      queries: queries.primal, keys: keys.primal, values: values.primal, heads: heads, pattern: pattern,
      layout: layout, cache: nil)
    let isTracked = queries.node != nil || keys.node != nil || values.node != nil
    return result(primal, isTracked: isTracked) { [self] slopes in
      let backward = AttentionBackward(
        queries: queries.primal, keys: keys.primal, values: values.primal, slopes: slopes, heads: heads,
        gradients: (
          queries: queries.node.map { _ in eager.zeros(rows: queries.rows, columns: queries.columns) },
          keys: keys.node.map { _ in eager.zeros(rows: keys.rows, columns: keys.columns) },
          values: values.node.map { _ in eager.zeros(rows: values.rows, columns: values.columns) }
        ))
      backward.run(AttentionSpan.spans(of: layout, pattern, shared: keys.rows - queries.rows), eager: eager)
      if let dq = backward.gradients.queries { add(dq, to: queries.node) }
      if let dk = backward.gradients.keys { add(dk, to: keys.node) }
      if let dv = backward.gradients.values { add(dv, to: values.node) }
    }
  }
}

/// Attention's derivatives, with the probabilities computed anew a span at a time: nothing of T × T is ever held.
private struct AttentionBackward {
  let queries: EagerEvaluator.Value
  let keys: EagerEvaluator.Value
  let values: EagerEvaluator.Value
  let slopes: EagerEvaluator.Value
  let heads: AttentionHeads
  let gradients: (queries: EagerEvaluator.Value?, keys: EagerEvaluator.Value?, values: EagerEvaluator.Value?)

  private var stride: Int { queries.columns }
  private var keyStride: Int { keys.columns }

  /// What is added to a key's gradient is added by one thread, in order: spans that share keys, and the query heads of
  /// a group, belong together.
  func run(_ spans: [AttentionSpan], eager: EagerEvaluator) {
    let families = Dictionary(grouping: spans, by: \.family).sorted { $0.key < $1.key }.map(\.value)
    let size = spans.map { $0.queries.count * $0.width }.max() ?? 0
    let scratch = eager.uninitialized(rows: eager.threads.count, columns: 2 * size)
    eager.threads.forEach(families.count * heads.groups) { index, worker in
      let group = index % heads.groups, probabilities = scratch.mutableFloats + worker * 2 * size
      for span in families[index / heads.groups] {
        let each = heads.queries / heads.groups
        for head in group * each..<(group + 1) * each {
          run(span, head: head, group: group, p: probabilities, ds: probabilities + size)
        }
      }
    }
  }

  private func run(
    _ span: AttentionSpan, head: Int, group: Int, p: UnsafeMutablePointer<Float>, ds: UnsafeMutablePointer<Float>
  ) {
    let d = heads.dimension, width = span.width, count = span.queries.count
    let offset = span.queries.lowerBound * stride + head * d
    let q = queries.mutableFloats + offset, slope = slopes.mutableFloats + offset
    let scale = 1 / Float(d).squareRoot()
    func key(_ value: EagerEvaluator.Value, _ rows: Range<Int>) -> UnsafeMutablePointer<Float> {
      value.mutableFloats + rows.lowerBound * keyStride + group * d
    }
    for (rows, column) in span.keys {
      MatrixProduct.rowsByRows(
        m: count, n: rows.count, k: d, x: q, xStride: stride, w: key(keys, rows), wStride: keyStride, out: p + column,
        outStride: width)
    }
    span.softmax(p, scale: scale)
    for (rows, column) in span.keys {
      if let dv = gradients.values {
        MatrixProduct.columnsByColumns(
          m: rows.count, n: d, k: count, x: p + column, xStride: width, w: slope, wStride: stride,
          out: key(dv, rows), outStride: keyStride, accumulate: true)
      }
      MatrixProduct.rowsByRows(
        m: count, n: rows.count, k: d, x: slope, xStride: stride, w: key(values, rows), wStride: keyStride,
        out: ds + column, outStride: width)
    }
    guard gradients.queries != nil || gradients.keys != nil else { return }
    for row in 0..<count {
      GradientOperations.softmax(count: width, factor: scale, p: p + row * width, slopes: ds + row * width)
    }
    for (rows, column) in span.keys {
      if let dq = gradients.queries {
        MatrixProduct.rowsByColumns(
          m: count, n: d, k: rows.count, x: ds + column, xStride: width, w: key(keys, rows), wStride: keyStride,
          out: dq.mutableFloats + offset, outStride: stride, accumulate: true)
      }
      if let dk = gradients.keys {
        MatrixProduct.columnsByColumns(
          m: rows.count, n: d, k: count, x: ds + column, xStride: width, w: q, wStride: stride, out: key(dk, rows),
          outStride: keyStride, accumulate: true)
      }
    }
  }
}
