import TensorCore
import TuningCore

extension EagerEvaluator {
  /// Words whose logits are held at once.
  private static let words = 4096

  /// Logits x Wᵀ + b of one stretch of words after the other, in the order of the table; they are `body`'s to change.
  ///
  /// - Parameter body: is given the words, their rows of the table, and [T, words].
  func forEachWordPanel(
    _ x: Value, table: Parameter, bias: Parameter?,
    _ body: (_ words: Range<Int>, _ part: Parameter, _ logits: Value) -> Void
  ) {
    for first in stride(from: 0, to: table.tensor.rowCount, by: EagerEvaluator.words) {
      let words = first..<min(table.tensor.rowCount, first + EagerEvaluator.words)
      let part = table.rows(words)
      body(words, part, linear(x, weight: part, bias: bias?.rows(words)))
    }
  }
}

extension Parameter {
  /// Rows `range` under the parameter's own name.
  fileprivate func rows(_ range: Range<Int>) -> Parameter {
    Parameter(path: path, tensor: tensor.rows(range), role: role, isTrainable: isTrainable)
  }
}
