import TensorCore
import TuningCore

extension AttentionSpan {
  /// Scores [queries, width] become probabilities; those of keys that a query does not see become 0.
  func softmax(_ scores: UnsafeMutablePointer<Float>, scale: Float) {
    for row in 0..<queries.count {
      let line = scores + row * width, seen = columns(row)
      let sum = RowOperations.softmaxNumerators(count: seen.count, scale: scale, x: line + seen.lowerBound)
      RowOperations.scale(count: seen.count, by: 1 / sum, x: line + seen.lowerBound)
      line.update(repeating: 0, count: seen.lowerBound)
      (line + seen.upperBound).update(repeating: 0, count: width - seen.upperBound)
    }
  }
}
