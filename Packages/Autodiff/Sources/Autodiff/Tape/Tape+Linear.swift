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
      let dx = eager.uninitialized(rows: slopes.rows, columns: weight.tensor.rowLength)
      setProduct(slopes, weight.tensor, in: dx.mutableFloats)
      add(dx, to: node)
    }
  }

  /// sum [O, C] += slopesᵀ [T, O] · x [T, C]
  func addOuterProduct(
    _ slopes: EagerEvaluator.Value, _ x: EagerEvaluator.Value, to sum: UnsafeMutablePointer<Float>
  ) {
    nonisolated(unsafe) let sum = sum
    forEachBlock(rows: slopes.columns, columns: x.columns) { outputs, inputs in
      MatrixProduct.columnsByColumns(
        m: outputs.count, n: inputs.count, k: x.rows, x: slopes.mutableFloats + outputs.lowerBound,
        xStride: slopes.columns, w: x.mutableFloats + inputs.lowerBound, wStride: x.columns,
        out: sum + outputs.lowerBound * x.columns + inputs.lowerBound, outStride: x.columns, accumulate: true)
    }
  }

  /// dx [T, C] = slopes [T, O] · weight [O, C]
  func setProduct(_ slopes: EagerEvaluator.Value, _ weight: Tensor, in dx: UnsafeMutablePointer<Float>) {
    guard weight.dtype != .float32 else {
      let floats = weight.bytes.assumingMemoryBound(to: Float.self)
      return addProduct(slopes, column: 0, floats, rows: weight.rowCount, columns: weight.rowLength, to: dx)
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
      addProduct(slopes, column: first, UnsafePointer(floats.mutableFloats), rows: count, columns: width, to: dx)
    }
  }

  /// dx += slopes[:, column ..< column + rows] · weight [rows, columns]; from nought at column 0.
  private func addProduct(
    _ slopes: EagerEvaluator.Value, column: Int, _ weight: UnsafePointer<Float>, rows: Int, columns: Int,
    to dx: UnsafeMutablePointer<Float>
  ) {
    nonisolated(unsafe) let weight = weight, dx = dx
    forEachBlock(rows: slopes.rows, columns: columns) { tokens, part in
      MatrixProduct.rowsByColumns(
        m: tokens.count, n: part.count, k: rows,
        x: slopes.mutableFloats + tokens.lowerBound * slopes.columns + column, xStride: slopes.columns,
        w: weight + part.lowerBound, wStride: columns,
        out: dx + tokens.lowerBound * columns + part.lowerBound, outStride: columns, accumulate: column > 0)
    }
  }

  /// Cuts the longer side of a product's result: each block packs the other factor anew, so blocks are few and large,
  /// and multiples of four so that they share out.
  private func forEachBlock(rows: Int, columns: Int, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    let side = max(rows, columns), wanted = min(16, ((side + 383) / 384 + 3) / 4 * 4)
    let block = max(32, (side + wanted - 1) / max(1, wanted))
    threads.forEachRange(of: side, piece: block) { range, _ in
      if rows >= columns { body(range, 0..<columns) } else { body(0..<rows, range) }
    }
  }
}
