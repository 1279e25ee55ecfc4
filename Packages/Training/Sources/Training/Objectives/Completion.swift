import Evaluation

/// What a model wrote after a prompt, and what it is held against.
public struct Completion: Sendable, Equatable {
  public var prompt: String
  /// Without the text that ended it, white space at both ends taken off.
  public var text: String
  /// Every answer that counts as right; may be empty where an external program judges.
  public var references: [String]

  public init(prompt: String, text: String, references: [String]) {
    self.prompt = prompt
    self.text = text
    self.references = references
  }
}

/// Says what completions are worth.
protocol CompletionScorer: AnyObject {
  /// What the scores may be.
  var scale: ExampleScores.Scale { get }
  /// Whether more is better.
  var higherIsBetter: Bool { get }

  /// A finite score of each completion, in order.
  ///
  /// - Throws: `TrainingError.scorerFailed`.
  func scores(of completions: [Completion]) throws -> [Double]
}

extension CompletionScorer {
  /// What is lowered: 1 − the mean score, and of scores that may be any number, minus the mean, or the mean itself where
  /// less is better.
  func loss(of scores: [Double]) -> Float {
    let mean = scores.reduce(0, +) / Double(max(1, scores.count))
    return Float(scale == .real ? (higherIsBetter ? -mean : mean) : 1 - mean)
  }
}

/// Scores by `AnswerMetric`.
final class AnswerScorer: CompletionScorer {
  let metric: AnswerMetric
  let higherIsBetter = true

  init(_ metric: AnswerMetric) { self.metric = metric }

  var scale: ExampleScores.Scale { metric == .exactMatch ? .share : .unit }

  func scores(of completions: [Completion]) -> [Double] {
    completions.map { metric.score($0.text, references: $0.references) }
  }
}
