import TensorCore
import TuningCore

extension Dual {
  public func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?
  ) -> Value {
    precondition(cache == nil, "Dual: training reads whole sequences, no cache")
    let primal = eager.attention(
      queries: queries.primal, keys: keys.primal, values: values.primal, heads: heads, pattern: pattern,
      layout: layout, cache: nil)
    let isMoving = queries.tangents != nil || keys.tangents != nil || values.tangents != nil
    return value(primal, isMoving: isMoving) { index in
      let out = eager.zeros(rows: queries.rows, columns: queries.columns)
      AttentionForward(
        queries: queries.primal, keys: keys.primal, values: values.primal, heads: heads,
        tangents: (queries.tangents?[index], keys.tangents?[index], values.tangents?[index]), out: out
      ).run(AttentionSpan.spans(of: layout, pattern, shared: keys.rows - queries.rows), eager: eager)
      return out
    }
  }
}

/// Attention's derivative along one direction: with Ṡ = (q̇ kᵀ + q k̇ᵀ) / √D and Ṗ = P ∘ (Ṡ − Σ P ∘ Ṡ), Ṗ v + P v̇.
private struct AttentionForward {
  let queries: EagerEvaluator.Value
  let keys: EagerEvaluator.Value
  let values: EagerEvaluator.Value
  let heads: AttentionHeads
  let tangents: (queries: EagerEvaluator.Value?, keys: EagerEvaluator.Value?, values: EagerEvaluator.Value?)
  /// Zeros that the derivative is added to.
  let out: EagerEvaluator.Value

  func run(_ spans: [AttentionSpan], eager: EagerEvaluator) {
    let size = spans.map { $0.queries.count * $0.width }.max() ?? 0
    let scratch = eager.uninitialized(rows: eager.threads.count, columns: 2 * size)
    eager.threads.forEach(spans.count * heads.queries) { index, worker in
      let p = scratch.mutableFloats + worker * 2 * size
      run(spans[index / heads.queries], head: index % heads.queries, p: p, ds: p + size)
    }
  }

  private func run(
    _ span: AttentionSpan, head: Int, p: UnsafeMutablePointer<Float>, ds: UnsafeMutablePointer<Float>
  ) {
    let stride = queries.columns, keyStride = keys.columns
    let d = heads.dimension, group = head / (heads.queries / heads.groups), width = span.width
    let count = span.queries.count, offset = span.queries.lowerBound * stride + head * d
    let scale = 1 / Float(d).squareRoot()
    func key(_ value: EagerEvaluator.Value, _ rows: Range<Int>) -> UnsafePointer<Float> {
      UnsafePointer(value.mutableFloats + rows.lowerBound * keyStride + group * d)
    }
    /// out (+)= q kᵀ for the span's keys.
    func scores(
      _ q: EagerEvaluator.Value, _ k: EagerEvaluator.Value, _ out: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
      for (rows, column) in span.keys {
        MatrixProduct.rowsByRows(
          m: count, n: rows.count, k: d, x: q.mutableFloats + offset, xStride: stride, w: key(k, rows),
          wStride: keyStride, out: out + column, outStride: width, accumulate: accumulate)
      }
    }
    /// out += weights · v
    func mix(_ weights: UnsafePointer<Float>, _ v: EagerEvaluator.Value) {
      for (rows, column) in span.keys {
        MatrixProduct.rowsByColumns(
          m: count, n: d, k: rows.count, x: weights + column, xStride: width, w: key(v, rows), wStride: keyStride,
          out: out.mutableFloats + offset, outStride: stride, accumulate: true)
      }
    }
    scores(queries, keys, p, accumulate: false)
    span.softmax(p, scale: scale)
    if let dv = tangents.values { mix(p, dv) }
    guard tangents.queries != nil || tangents.keys != nil else { return }
    if let dq = tangents.queries { scores(dq, keys, ds, accumulate: false) }
    if let dk = tangents.keys { scores(queries, dk, ds, accumulate: tangents.queries != nil) }
    for row in 0..<count {
      GradientOperations.softmax(count: width, factor: scale, p: p + row * width, slopes: ds + row * width)
    }
    mix(ds, values)
  }
}
