import Evaluation

/// Where a run stands: what a checkpoint holds beside the parameters.
struct RunProgress: Sendable, Codable, Equatable {
  /// Steps done.
  var step = 0
  /// Whose state the checkpoint holds.
  var optimizer: String?
  /// Of the steps; evaluations apart.
  var work = Work()
  /// Of the steps of all sessions; evaluations apart.
  var trainingSeconds = 0.0
  var devBefore: Double?
  /// The last step after which the development set was looked at.
  var evaluatedStep = 0
  /// The step after which the development set was ranked best; ties go to the lower loss, then to the earlier step.
  var bestStep = 0
  var bestScore: Double?
  var bestLoss: Double?
  var inferencePeakBytes = 0
  var trainingPeakBytes = 0

  /// Takes note of an evaluation; returns whether it is the best so far.
  mutating func note(_ scores: ExampleScores, higherIsBetter: Bool, at step: Int) -> Bool {
    let score = scores.mean.value
    evaluatedStep = step
    if let bestScore, !isBetter(score, than: bestScore, higherIsBetter), score != bestScore || !hasLess(scores.loss) {
      return false
    }
    (bestStep, bestScore, bestLoss) = (step, score, scores.loss)
    return true
  }

  private func isBetter(_ score: Double, than other: Double, _ higherIsBetter: Bool) -> Bool {
    higherIsBetter ? score > other : score < other
  }

  /// Whether the loss is below that of the best.
  private func hasLess(_ loss: Double?) -> Bool {
    guard let loss, let bestLoss else { return false }
    return loss < bestLoss
  }
}
