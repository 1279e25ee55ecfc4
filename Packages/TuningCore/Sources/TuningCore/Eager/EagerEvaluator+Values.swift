import TensorCore

extension EagerEvaluator {
  /// An activation of one lane whose numbers are the caller's to write: for evaluators that build on this one.
  public func uninitialized(rows: Int, columns: Int) -> Value { make(lanes: 1, rows: rows, columns: columns) }

  /// An activation of one lane of zeros.
  public func zeros(rows: Int, columns: Int) -> Value {
    let out = make(lanes: 1, rows: rows, columns: columns)
    threads.forEachRange(of: rows * columns, piece: EagerEvaluator.piece) { range, _ in
      (out.mutableFloats + range.lowerBound).update(repeating: 0, count: range.count)
    }
    return out
  }

  /// A vector parameter in `float32`.
  public func floats(of parameter: Parameter) -> Value {
    let out = make(lanes: 1, rows: 1, columns: parameter.tensor.count)
    parameter.tensor.load(
      from: 0, into: UnsafeMutableBufferPointer(start: out.mutableFloats, count: parameter.tensor.count))
    return out
  }
}

extension EagerEvaluator.Value {
  /// The elements of lane 0, to be written by whoever made the value and shares it with nobody.
  public var mutableFloats: UnsafeMutablePointer<Float> { pointer(lane: 0) }
}
