import TuningCore

/// Ranks each example's continuations by the mean log-probability of their tokens and compares the best with the gold.
public struct CandidateRanking: Sendable, Codable, Equatable {
  /// Index of the continuation ranked first, for each example; the earlier one on a tie.
  public let predictions: [Int]
  /// Indices of the continuations that are right, for each example.
  public let golds: [[Int]]
  /// Mean classification-style loss in nats.
  public let loss: Double

  public init(predictions: [Int], golds: [[Int]], loss: Double) {
    precondition(predictions.count == golds.count, "CandidateRanking: \(predictions.count) of \(golds.count)")
    self.predictions = predictions
    self.golds = golds
    self.loss = loss
  }

  /// Whether each example was right.
  public var outcomes: [Bool] { zip(predictions, golds).map { $1.contains($0) } }
  public var accuracy: Proportion { Proportion(successes: outcomes.count { $0 }, count: outcomes.count) }

  /// Tokens that go through the model at once: enough for its products to run at full speed.
  public static let tokensPerBatch = 768

  /// Ranks the continuations of `requests`.
  ///
  /// - Parameters:
  ///   - progress: hears how many examples are done, after each batch; returning false ends the evaluation.
  /// - Returns: nil where `progress` ended it.
  /// - Throws: `TuningError.nonFiniteLoss` with the example's number where a score is NaN; what the oracle throws.
  public static func evaluate(
    _ requests: [ScoringRequest], oracle: EagerOracle, progress: (Int) -> Bool = { _ in true }
  ) throws -> CandidateRanking? {
    var predictions: [Int] = [], loss = 0.0
    for group in batches(of: requests) {
      let batch = try PackedBatch(Array(requests[group]))
      let logProbabilities = try oracle.logProbabilities(on: batch)[0]
      loss += Double(Objective.classification.loss(logProbabilities, on: batch)) * Double(group.count)
      for (number, example) in zip(group, batch.examples) {
        let scores = Objective.scores(of: example, logProbabilities)
        guard !scores.contains(where: \.isNaN) else {
          throw TuningError(.nonFiniteLoss, "example \(number): the model's log-probabilities are \(scores)")
        }
        predictions.append(Objective.firstRanked(scores))
      }
      guard progress(predictions.count) else { return nil }
    }
    return CandidateRanking(
      predictions: predictions, golds: requests.map(\.golds), loss: loss / Double(max(1, requests.count)))
  }

  /// Ranges of examples of about `tokensPerBatch` tokens, at least one example each.
  static func batches(of requests: [ScoringRequest]) -> [Range<Int>] {
    var ranges: [Range<Int>] = [], start = 0, tokens = 0
    for (i, request) in requests.enumerated() {
      let size = request.continuations.reduce(request.prompt.count) { $0 + $1.count - 1 }
      if i > start, tokens + size > tokensPerBatch {
        ranges.append(start..<i)
        (start, tokens) = (i, 0)
      }
      tokens += size
    }
    if start < requests.count { ranges.append(start..<requests.count) }
    return ranges
  }
}
