import Foundation
import TensorCore
import TuningCore

/// A row of logits of which some log-probabilities are asked.
struct ScoredRow {
  /// Which, by their number among all that are asked, and the slope of the loss by each.
  private var targets: [(number: Int, token: Int, slope: Float)] = []
  private var total: Float = 0

  /// Writes the row's log-probabilities, and turns its logits into their slopes: targets' own − total · probabilities.
  func differentiate(
    _ logits: UnsafeMutablePointer<Float>, words: Int, logProbabilities: UnsafeMutablePointer<Float>
  ) {
    let parts = RowOperations.logSumExpParts(count: words, x: logits)
    let normaliser = Double(parts.max) + log(parts.sum)
    for target in targets { logProbabilities[target.number] = Float(Double(logits[target.token]) - normaliser) }
    GradientOperations.scaledExponential(count: words, factor: -total, shift: Float(normaliser), x: logits)
    for target in targets { logits[target.token] += target.slope }
  }

  static func rows(_ count: Int, _ targets: [PackedBatch.Target], slopes: UnsafePointer<Float>) -> [ScoredRow] {
    var rows = [ScoredRow](repeating: ScoredRow(), count: count)
    for (number, target) in targets.enumerated() {
      rows[target.row].targets.append((number, Int(target.token), slopes[number]))
      rows[target.row].total += slopes[number]
    }
    return rows
  }
}
