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
  var bestAccuracy: Double?
  var bestLoss: Double?
  var inferencePeakBytes = 0
  var trainingPeakBytes = 0

  /// Takes note of an evaluation; returns whether it is the best so far.
  mutating func note(_ ranking: CandidateRanking, at step: Int) -> Bool {
    let accuracy = ranking.accuracy.value
    evaluatedStep = step
    if let bestAccuracy, let bestLoss, accuracy < bestAccuracy || (accuracy == bestAccuracy && ranking.loss >= bestLoss)
    {
      return false
    }
    (bestStep, bestAccuracy, bestLoss) = (step, accuracy, ranking.loss)
    return true
  }
}
