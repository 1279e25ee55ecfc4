import TensorCore
import TuningCore

/// A row of logits of which some log-probabilities are asked.
struct ScoredRow {
  /// ln Σ exp(logits).
  var normaliser: Float = 0
  /// Σ slopes of its targets.
  var total: Float = 0
  var targets: [(token: Int, slope: Float)] = []

  /// Turns logits of `words` into their slopes: targets' own − total · probabilities.
  func differentiate(_ logits: UnsafeMutablePointer<Float>, words: Range<Int>) {
    GradientOperations.scaledExponential(count: words.count, factor: -total, shift: normaliser, x: logits)
    for target in targets where words.contains(target.token) { logits[target.token - words.lowerBound] += target.slope }
  }

  /// The normaliser follows from a target's logit, which is one product, and its log-probability.
  static func rows(
    _ x: EagerEvaluator.Value, _ table: Tensor, _ biases: EagerEvaluator.Value?, _ targets: [PackedBatch.Target],
    logProbabilities: UnsafePointer<Float>, slopes: UnsafePointer<Float>? = nil
  ) -> [ScoredRow] {
    var rows = [ScoredRow](repeating: ScoredRow(), count: x.rows)
    var weights = [Float](repeating: 0, count: x.columns)
    for (i, target) in targets.enumerated() {
      let token = Int(target.token)
      if rows[target.row].targets.isEmpty {
        weights.withUnsafeMutableBufferPointer { table.load(from: token * x.columns, into: $0) }
        let input = x.mutableFloats + target.row * x.columns
        let product = weights.indices.reduce(0.0) { $0 + Double(weights[$1]) * Double(input[$1]) }
        let logit = product + Double(biases?.mutableFloats[token] ?? 0)
        rows[target.row].normaliser = Float(logit - Double(logProbabilities[i]))
      }
      let slope = slopes?[i] ?? 0
      rows[target.row].targets.append((token, slope))
      rows[target.row].total += slope
    }
    return rows
  }
}
