import TuningCore

/// How likely a model holds the answers that are right, whatever else it might say.
public enum GoldLikelihood {
  /// Mean cross-entropy of the gold continuations' tokens in nats, each token counting alike.
  ///
  /// - Parameter progress: asked after each batch; returning false ends it.
  /// - Returns: nil where `progress` ended it; 0 for no requests.
  /// - Throws: what the oracle throws.
  public static func loss(
    of requests: [ScoringRequest], oracle: EagerOracle, progress: () -> Bool = { true }
  ) throws -> Double? {
    var sum = 0.0, weight = 0.0
    for group in CandidateRanking.batches(of: requests) {
      let batch = try PackedBatch(Array(requests[group])), objective = Objective.languageModel
      let loss = objective.loss(try oracle.logProbabilities(on: batch)[0], on: batch)
      sum += Double(loss) * objective.weight(of: batch)
      weight += objective.weight(of: batch)
      guard progress() else { return nil }
    }
    return weight > 0 ? sum / weight : 0
  }
}
