import Foundation

/// What a loss is made of, given the log-probabilities of a batch's targets.
///
/// Losses of texts that the model writes are no function of these: whoever gives them is a `LossOracle` of its own.
public enum Objective: String, Sendable, Codable, CaseIterable {
  /// Cross-entropy of the gold continuations' tokens, averaged over all those tokens: long answers weigh more (LM style).
  case languageModel = "language-model"
  /// Per example the cross-entropy of a softmax over the continuations' mean log-probabilities (classification style).
  case classification
  /// 1 − the share of examples whose right continuation is ranked first: no gradient could lower it.
  case accuracy

  /// Whether the loss has a gradient that is of use: `accuracy` changes in jumps, and is flat between them.
  public var isDifferentiable: Bool { self != .accuracy }

  /// The loss: in nats, or between 0 and 1 for `accuracy`. Sums in double, in the order of the batch.
  public func loss(_ logProbabilities: [Float], on batch: PackedBatch) -> Float {
    precondition(
      logProbabilities.count == batch.targets.count,
      "Objective: \(logProbabilities.count) log-probabilities for \(batch.targets.count) targets")
    switch self {
    case .languageModel:
      var sum = 0.0, count = 0
      for example in batch.examples {
        let gold = example.continuations[example.gold]
        sum -= gold.reduce(0.0) { $0 + Double(logProbabilities[$1]) }
        count += gold.count
      }
      return Float(sum / Double(count))
    case .classification:
      let sum = batch.examples.reduce(0.0) { sum, example in
        let scores = Objective.scores(of: example, logProbabilities)
        let max = scores.max() ?? 0
        let logSum = max + log(scores.reduce(0.0) { $0 + exp($1 - max) })
        return sum + (logSum - scores[example.gold])
      }
      return Float(sum / Double(batch.examples.count))
    case .accuracy:
      guard logProbabilities.allSatisfy({ !$0.isNaN }) else { return .nan }
      let wrong = batch.examples.count { example in
        !example.isRight(Objective.firstRanked(Objective.scores(of: example, logProbabilities)))
      }
      return Float(Double(wrong) / Double(batch.examples.count))
    }
  }

  /// dL / d(log-probability) of each of the batch's targets, of an objective that is differentiable.
  public func gradient(_ logProbabilities: [Float], on batch: PackedBatch) -> [Float] {
    precondition(isDifferentiable, "Objective: \(self) has no gradient")
    if let slopes = foreseenGradient(on: batch) { return slopes }
    var slopes = [Float](repeating: 0, count: logProbabilities.count)
    for example in batch.examples {
      let scores = Objective.scores(of: example, logProbabilities)
      let max = scores.max() ?? 0, total = scores.reduce(0.0) { $0 + exp($1 - max) }
      for (number, range) in example.continuations.enumerated() {
        let slope = exp(scores[number] - max) / total - (number == example.gold ? 1 : 0)
        for index in range { slopes[index] += Float(slope / Double(range.count) / Double(batch.examples.count)) }
      }
    }
    return slopes
  }

  /// The gradient where the log-probabilities do not change it: the loss is linear in them; nil where it is not.
  public func foreseenGradient(on batch: PackedBatch) -> [Float]? {
    switch self {
    case .languageModel:
      var slopes = [Float](repeating: 0, count: batch.targets.count)
      let gold = batch.examples.map { $0.continuations[$0.gold] }
      let slope = -1 / Double(gold.reduce(0) { $0 + $1.count })
      for index in gold.joined() { slopes[index] += Float(slope) }
      return slopes
    case .classification, .accuracy: return nil
    }
  }

  /// How many terms the loss of `batch` is the mean of: gold tokens, or examples.
  public func weight(of batch: PackedBatch) -> Double {
    switch self {
    case .languageModel: Double(batch.examples.reduce(0) { $0 + $1.continuations[$1.gold].count })
    case .classification, .accuracy: Double(batch.examples.count)
    }
  }

  /// Mean log-probability of each continuation's tokens: what candidates are ranked by.
  public static func scores(of example: PackedBatch.Example, _ logProbabilities: [Float]) -> [Double] {
    example.continuations.map { range in
      range.reduce(0.0) { $0 + Double(logProbabilities[$1]) } / Double(range.count)
    }
  }

  /// Index of the greatest score; the earlier one on a tie.
  public static func firstRanked(_ scores: [Double]) -> Int {
    scores.indices.max { scores[$0] < scores[$1] || (scores[$0] == scores[$1] && $0 > $1) } ?? 0
  }
}
