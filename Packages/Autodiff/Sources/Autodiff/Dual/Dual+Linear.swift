import TensorCore
import TuningCore

extension Dual {
  public func linear(_ x: Value, weight: Parameter, bias: Parameter?) -> Value {
    let isMoving = x.tangents != nil || moves(weight) || bias.map(moves) == true
    return value(eager.linear(x.primal, weight: weight, bias: bias), isMoving: isMoving) { index in
      tangent(of: x, weight, biasNoise: noise(of: bias, index), index)
    }
  }

  /// ẋ Wᵀ + x Żᵀ + ḃ
  private func tangent(
    of x: Value, _ weight: Parameter, biasNoise: EagerEvaluator.Value?, _ index: Int
  ) -> EagerEvaluator.Value {
    let outputs = weight.tensor.rowCount
    let out =
      x.tangents.map { eager.linear($0[index], weight: weight, bias: nil) }
      ?? eager.zeros(rows: x.rows, columns: outputs)
    if moves(weight) { addNoiseProduct(x.primal, weight, directions[index], to: out) }
    if let biasNoise {
      threads.forEachRange(of: x.rows, piece: 64) { rows, _ in
        RowOperations.addBias(
          rows: rows.count, columns: outputs, stride: outputs, bias: biasNoise.mutableFloats,
          to: out.mutableFloats + rows.lowerBound * outputs)
      }
    }
    return out
  }

  /// out [T, O] += x [T, C] · Z [O, C]ᵀ, a panel of Z at a time in cache.
  private func addNoiseProduct(
    _ x: EagerEvaluator.Value, _ weight: Parameter, _ direction: Direction, to out: EagerEvaluator.Value
  ) {
    let width = weight.tensor.rowLength, panel = 192
    let scratch = eager.uninitialized(rows: threads.count, columns: panel * width)
    threads.forEachRange(of: out.columns, piece: panel) { outputs, worker in
      let z = scratch.mutableFloats + worker * panel * width
      direction.fill(
        UnsafeMutableBufferPointer(start: z, count: outputs.count * width), of: weight.path,
        start: outputs.lowerBound * width)
      MatrixProduct.rowsByRows(
        m: x.rows, n: outputs.count, k: width, x: x.mutableFloats, xStride: width, w: z, wStride: width,
        out: out.mutableFloats + outputs.lowerBound, outStride: out.columns, accumulate: true)
    }
  }
}
