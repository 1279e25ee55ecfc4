import TensorCore
import TuningCore

extension Dual {
  public func linear(_ x: Value, weight: Parameter, bias: Parameter?) -> Value {
    let isMoving = x.tangents != nil || moves(weight) || bias.map(moves) == true
    return value(eager.linear(x.primal, weight: weight, bias: bias), isMoving: isMoving) { index in
      tangent(of: x, weight, first: 0, biasNoise: noise(of: bias, index), index)
    }
  }

  /// ẋ Wᵀ + x Żᵀ + ḃ, for outputs `first` and on of a whole layer's direction.
  ///
  /// - Parameter biasNoise: ḃ of the whole layer.
  func tangent(
    of x: Value, _ weight: Parameter, first: Int, biasNoise: EagerEvaluator.Value?, _ index: Int
  ) -> EagerEvaluator.Value {
    let outputs = weight.tensor.rowCount
    let out =
      x.tangents.map { eager.linear($0[index], weight: weight, bias: nil) }
      ?? eager.zeros(rows: x.rows, columns: outputs)
    if moves(weight) { addNoiseProduct(x.primal, weight, first: first, directions[index], to: out) }
    if let biasNoise {
      threads.forEachRange(of: x.rows, piece: 64) { rows, _ in
        RowOperations.addBias(
          rows: rows.count, columns: outputs, stride: outputs, bias: biasNoise.mutableFloats + first,
          to: out.mutableFloats + rows.lowerBound * outputs)
      }
    }
    return out
  }

  /// out [T, O] += x [T, C] · Z [O, C]ᵀ, a panel of Z at a time in cache.
  private func addNoiseProduct(
    _ x: EagerEvaluator.Value, _ weight: Parameter, first: Int, _ direction: Direction, to out: EagerEvaluator.Value
  ) {
    let width = weight.tensor.rowLength, panel = 192
    let scratch = eager.uninitialized(rows: threads.count, columns: panel * width)
    threads.forEachRange(of: out.columns, piece: panel) { outputs, worker in
      let z = scratch.mutableFloats + worker * panel * width
      direction.fill(
        UnsafeMutableBufferPointer(start: z, count: outputs.count * width), of: weight.path,
        start: (first + outputs.lowerBound) * width)
      MatrixProduct.rowsByRows(
        m: x.rows, n: outputs.count, k: width, x: x.mutableFloats, xStride: width, w: z, wStride: width,
        out: out.mutableFloats + outputs.lowerBound, outStride: out.columns, accumulate: true)
    }
  }

  public func logProbabilities(
    _ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]
  ) -> Value {
    let primal = eager.logProbabilities(x.primal, table: table, bias: bias, targets: targets)
    guard x.tangents != nil || moves(table) || bias.map(moves) == true else {
      return Value(primal: primal, tangents: nil)
    }
    let biases = bias.map { eager.floats(of: $0) }
    let rows = ScoredRow.rows(x.primal, table.tensor, biases, targets, logProbabilities: primal.mutableFloats)
    let noises = directions.indices.map { noise(of: bias, $0) }
    let tangents = directions.map { _ in eager.zeros(rows: targets.count, columns: 1) }
    // Σ p l̇ of each direction and row.
    var means = [Double](repeating: 0, count: directions.count * x.rows)
    eager.forEachWordPanel(x.primal, table: table, bias: bias) { words, part, probabilities in
      threads.forEach(x.rows) { row, _ in
        GradientOperations.scaledExponential(
          count: words.count, factor: 1, shift: rows[row].normaliser,
          x: probabilities.mutableFloats + row * words.count)
      }
      for index in directions.indices {
        let slopes = tangent(
          of: x, part, first: words.lowerBound, biasNoise: noises[index], index)
        means.withUnsafeMutableBufferPointer { means in
          nonisolated(unsafe) let means = means
          threads.forEach(x.rows) { row, _ in
            let p = probabilities.mutableFloats + row * words.count, s = slopes.mutableFloats + row * words.count
            means[index * x.rows + row] += (0..<words.count).reduce(0.0) { $0 + Double(p[$1]) * Double(s[$1]) }
          }
        }
        for (i, target) in targets.enumerated() where words.contains(Int(target.token)) {
          tangents[index].mutableFloats[i] =
            slopes.mutableFloats[target.row * words.count + Int(target.token) - words.lowerBound]
        }
      }
    }
    for index in directions.indices {
      for (i, target) in targets.enumerated() {
        tangents[index].mutableFloats[i] -= Float(means[index * x.rows + target.row])
      }
    }
    return Value(primal: primal, tangents: tangents)
  }
}
