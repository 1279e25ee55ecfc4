import Evaluation
import TuningCore

/// Which of a run's examples.
public enum ExamplePart: String, Sendable, Codable, CaseIterable {
  /// Trained on.
  case train
  /// Chosen by.
  case dev
  /// Reported on.
  case test
}

extension ExampleSet {
  /// The examples of a part.
  public subscript(part: ExamplePart) -> [ScoringRequest] {
    switch part {
    case .train: train
    case .dev: dev
    case .test: test
    }
  }
}

extension Experiment {
  /// What answers are measured by.
  public var metric: Metric { judgement.metric }

  /// Whether more of it is better.
  public var higherIsBetter: Bool { judgement.higherIsBetter }

  /// Lets the model answer the examples of a part, as it stands, and scores each answer by the metric.
  ///
  /// - Parameters:
  ///   - limit: of the part's examples, from the first on; all without it.
  ///   - progress: hears how many examples are done; returning false ends the evaluation.
  /// - Returns: nil where `progress` ended it.
  /// - Throws: `TuningError.nonFiniteLoss`; what the oracle throws; `TrainingError.scorerFailed`.
  public func evaluate(
    _ part: ExamplePart, first limit: Int = .max, progress: (Int) -> Bool = { _ in true }
  ) throws -> ExampleScores? {
    let requests = Array(data[part].prefix(limit))
    guard let writer, let scorer = judgement.scorer else {
      return try CandidateRanking.evaluate(
        requests, calibratedBy: data.inputFree[part].map { Array($0.prefix(limit)) }, oracle: oracle, progress: progress
      ).map { ExampleScores($0) }
    }
    let numbers = Array(requests.indices)
    guard let written = try writer.completions(numbers, of: part, by: oracle, progress: progress),
      let loss = try GoldLikelihood.loss(of: requests, oracle: oracle, progress: { progress(numbers.count) })
    else { return nil }
    let scores = try scorer.scores(of: written.completions)
    return ExampleScores(
      scale: scorer.scale, scores: scores, predictions: written.completions.map { .text($0.text) }, loss: loss)
  }
}
