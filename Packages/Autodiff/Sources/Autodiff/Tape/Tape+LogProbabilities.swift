import TensorCore
import TuningCore

extension Tape {
  /// Words whose logits are held at once in `backward`.
  private static let words = 4096

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
      for first in stride(from: 0, to: table.tensor.rowCount, by: Tape.words) {
        let words = first..<min(table.tensor.rowCount, first + Tape.words)
        let part = Parameter(path: table.path, tensor: table.tensor.rows(words), role: table.role)
        // d(log p) / d(logits) for these words: the target's own less the probabilities.
        let logits = eager.linear(x.primal, weight: part, bias: nil)
        threads.forEach(x.rows) { row, _ in
          let line = logits.mutableFloats + row * words.count
          if let biases {
            RowOperations.add(count: words.count, line, biases.mutableFloats + words.lowerBound, out: line)
          }
          rows[row].differentiate(line, words: words)
        }
        if let dx { addProduct(logits, part.tensor, to: dx) }
        if let tableSum { addOuterProduct(logits, x.primal, to: tableSum + words.lowerBound * x.columns) }
        if let biasSum { addColumnSums(of: logits, to: biasSum + words.lowerBound) }
      }
      if let dx { add(dx, to: x.node) }
    }
  }
}
