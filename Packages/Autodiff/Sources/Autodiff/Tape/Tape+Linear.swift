import TensorCore
import TuningCore

extension Tape {
  public func linear(_ x: Value, weight: Parameter, bias: Parameter?) -> Value {
    let (weightSum, biasSum) = (sums.place(of: weight), sums.place(of: bias))
    let primal = eager.linear(x.primal, weight: weight, bias: bias)
    // The input is kept only for the weight's gradient.
    let node = x.node, input = weightSum == nil ? nil : x.primal
    return result(primal, isTracked: node != nil || weightSum != nil || biasSum != nil) { [self] slopes in
      if let biasSum { addColumnSums(of: slopes, to: biasSum) }
      if let weightSum, let input { addOuterProduct(slopes, input, to: weightSum) }
      guard let node else { return }
      let dx = eager.zeros(rows: slopes.rows, columns: weight.tensor.rowLength)
      addProduct(slopes, weight.tensor, to: dx)
      add(dx, to: node)
    }
  }

  /// sum [O, C] += slopesᵀ [T, O] · x [T, C]
  func addOuterProduct(
    _ slopes: EagerEvaluator.Value, _ x: EagerEvaluator.Value, to sum: UnsafeMutablePointer<Float>
  ) {
    nonisolated(unsafe) let sum = sum
    threads.forEachRange(of: slopes.columns, piece: 128) { outputs, _ in
      MatrixProduct.columnsByColumns(
        m: outputs.count, n: x.columns, k: x.rows, x: slopes.mutableFloats + outputs.lowerBound,
        xStride: slopes.columns, w: x.mutableFloats, wStride: x.columns,
        out: sum + outputs.lowerBound * x.columns, outStride: x.columns, accumulate: true)
    }
  }

  /// dx [T, C] += slopes [T, O] · weight [O, C]
  func addProduct(_ slopes: EagerEvaluator.Value, _ weight: Tensor, to dx: EagerEvaluator.Value) {
    guard weight.dtype != .float32 else {
      addProduct(slopes, column: 0, weight.bytes.assumingMemoryBound(to: Float.self), rows: weight.rowCount, to: dx)
      return
    }
    // Narrow weights are widened a panel at a time.
    let width = weight.rowLength, panel = max(1, min(weight.rowCount, (1 << 20) / max(1, width)))
    let floats = eager.uninitialized(rows: panel, columns: width)
    for first in stride(from: 0, to: weight.rowCount, by: panel) {
      let count = min(panel, weight.rowCount - first)
      forEachPiece(count * width) { range in
        weight.load(
          from: first * width + range.lowerBound,
          into: UnsafeMutableBufferPointer(start: floats.mutableFloats + range.lowerBound, count: range.count))
      }
      addProduct(slopes, column: first, UnsafePointer(floats.mutableFloats), rows: count, to: dx)
    }
  }

  /// dx += slopes[:, column ..< column + rows] · weight, cut by rows where there are many, by columns else.
  private func addProduct(
    _ slopes: EagerEvaluator.Value, column: Int, _ weight: UnsafePointer<Float>, rows: Int, to dx: EagerEvaluator.Value
  ) {
    let byRows = dx.rows >= 256
    threads.forEachRange(of: byRows ? dx.rows : dx.columns, piece: 128) { range, _ in
      let (tokens, columns) = byRows ? (range, 0..<dx.columns) : (0..<dx.rows, range)
      MatrixProduct.rowsByColumns(
        m: tokens.count, n: columns.count, k: rows,
        x: slopes.mutableFloats + tokens.lowerBound * slopes.columns + column, xStride: slopes.columns,
        w: weight + columns.lowerBound, wStride: dx.columns,
        out: dx.mutableFloats + tokens.lowerBound * dx.columns + columns.lowerBound, outStride: dx.columns,
        accumulate: true)
    }
  }
}
