import Foundation
import TensorCore
import TuningCore

extension Tape {
  public func logProbabilities(
    _ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]
  ) -> Value {
    let head = Head(x: x, table: table, bias: bias, targets: targets)
    let isTracked = x.node != nil || sums.place(of: table) != nil || sums.place(of: bias) != nil
    if isTracked, let slopes = foreseenSlopes {
      precondition(
        slopes.count == targets.count, "logProbabilities: \(slopes.count) slopes for \(targets.count) targets")
      let (primal, dx) = slopes.withUnsafeBufferPointer { differentiate(head, slopes: $0.baseAddress!) }
      return result(primal, isTracked: true) { [self] _ in if let dx { add(dx, to: x.node) } }
    }
    let primal = eager.logProbabilities(x.primal, table: table, bias: bias, targets: targets)
    return result(primal, isTracked: isTracked) { [self] slopes in
      if let dx = differentiate(head, slopes: slopes.mutableFloats).dx { add(dx, to: x.node) }
    }
  }

  /// What log-probabilities are asked of.
  private struct Head {
    let x: Value
    let table: Parameter
    let bias: Parameter?
    let targets: [PackedBatch.Target]

    /// As many rows of logits as are held at once: 64 MiB, or one.
    var rowsAtOnce: Int {
      let most = max(1, (1 << 24) / max(1, table.tensor.rowCount)), chunks = (x.rows + most - 1) / most
      return max(1, (x.rows + chunks - 1) / max(1, chunks))
    }
  }

  /// The log-probabilities; and from `slopes` of the loss by them the gradients of table and bias, which are added to
  /// the sums, and of x: some rows of logits after others, of which each is computed once.
  private func differentiate(
    _ head: Head, slopes: UnsafePointer<Float>
  ) -> (primal: EagerEvaluator.Value, dx: EagerEvaluator.Value?) {
    let x = head.x.primal, width = x.columns
    let (tableSum, biasSum) = (sums.place(of: head.table), sums.place(of: head.bias))
    let primal = eager.uninitialized(rows: head.targets.count, columns: 1)
    let dx = head.x.node.map { _ in eager.uninitialized(rows: x.rows, columns: width) }
    let asked = ScoredRow.rows(x.rows, head.targets, slopes: slopes)
    for first in stride(from: 0, to: x.rows, by: head.rowsAtOnce) {
      let rows = first..<min(x.rows, first + head.rowsAtOnce)
      let input = rows.count == x.rows ? x : eager.gather(x, rows: Array(rows))
      let logits = eager.linear(input, weight: head.table, bias: head.bias)
      threads.forEach(rows.count) { row, _ in
        asked[first + row].differentiate(
          logits.mutableFloats + row * logits.columns, words: logits.columns, logProbabilities: primal.mutableFloats)
      }
      if let dx { setProduct(logits, head.table.tensor, in: dx.mutableFloats + first * width) }
      if let tableSum { addOuterProduct(logits, input, to: tableSum) }
      if let biasSum { addColumnSums(of: logits, to: biasSum) }
    }
    return (primal, dx)
  }
}
