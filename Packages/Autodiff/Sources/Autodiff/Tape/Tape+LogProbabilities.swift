import TensorCore
import TuningCore

extension Tape {
  public func logProbabilities(
    _ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]
  ) -> Value {
    let primal = eager.logProbabilities(x.primal, table: table, bias: bias, targets: targets)
    let (tableSum, biasSum) = (sums.place(of: table), sums.place(of: bias))
    return result(primal, isTracked: x.node != nil || tableSum != nil || biasSum != nil) { [self] slopes in
      let biases = bias.map { eager.floats(of: $0) }
      let rows = ScoredRow.rows(
        x.primal, table.tensor, biases, targets, logProbabilities: primal.mutableFloats, slopes: slopes.mutableFloats)
      let dx = x.node.map { _ in eager.zeros(rows: x.rows, columns: x.columns) }
      eager.forEachWordPanel(x.primal, table: table, bias: bias) { words, part, logits in
        // d(log p) / d(logits) for these words: the target's own less the probabilities.
        threads.forEach(x.rows) { row, _ in
          rows[row].differentiate(logits.mutableFloats + row * words.count, words: words)
        }
        if let dx { addProduct(logits, part.tensor, to: dx) }
        if let tableSum { addOuterProduct(logits, x.primal, to: tableSum + words.lowerBound * x.columns) }
        if let biasSum { addColumnSums(of: logits, to: biasSum + words.lowerBound) }
      }
      if let dx { add(dx, to: x.node) }
    }
  }
}
