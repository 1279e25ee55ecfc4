import Evaluation
import Foundation
import TuningCore

/// One training step, as the progress line and `metrics.jsonl` tell it.
public struct StepReport: Sendable, Codable, Equatable {
  /// Steps done, this one included.
  public var step: Int
  public var steps: Int
  /// The optimizer's loss of the batch in nats.
  public var loss: Float
  public var learningRate: Float
  /// What the ledger holds of the step: how far along each direction the parameters went, or, where the optimizer
  /// descends by a rule, each direction's coefficient in the estimate.
  public var coefficients: [Float]
  /// Since the beginning of the run.
  public var work: Work
  /// Of the steps since the beginning of the run; evaluations apart.
  public var seconds: Double
  /// Of this session.
  public var tokensPerSecond: Double
  public var secondsLeft: Double
  public var peakBytes: Int
}

/// A look at the development set.
public struct EvaluationReport: Sendable, Codable, Equatable {
  public var step: Int
  /// What answers are measured by: `accuracy`, `f1`, `exact-match`, `external`.
  public var metric: Metric
  /// The metric's mean over the examples.
  public var devScore: Double
  /// In nats; nil where nothing gives one.
  public var devLoss: Double?
  public var devExamples: Int
  /// Whether no earlier one was better.
  public var isBest: Bool
}

/// What a run tells while it goes.
public enum RunEvent: Sendable {
  case note(String)
  case prepared(RunSummary)
  case step(StepReport)
  case evaluating(String, done: Int, total: Int)
  case evaluation(EvaluationReport)
  case checkpoint(step: Int)
}

/// What is about to happen, said before it does.
public struct RunSummary: Sendable, Codable, Equatable {
  public var model: String
  public var parameters: Int
  public var trainable: Int
  public var weightBytes: Int
  public var scheme: String
  public var optimizer: String
  /// Of all optimizers, over all parts of a step.
  public var cost: OptimizerCost
  /// Of each payload on the disk; 0 where the ledger holds all that happens.
  public var payloadBytes: Int
  public var forecast: MemoryForecast
  public var train: Int
  public var dev: Int
  public var test: Int
  public var startStep: Int
  public var steps: Int
  public var threads: Int
  public var folder: String
}

/// `diverged.json`: where a run's losses were no numbers any more.
public struct Divergence: Sendable, Codable, Equatable {
  /// Steps done before it.
  public var step: Int
  public var message: String

  public init(step: Int, message: String) {
    self.step = step
    self.message = message
  }
}

/// `result.json`: what a finished run found.
public struct RunResult: Sendable, Codable, Equatable {
  public var recipeIdentity: String
  public var steps: Int
  /// The step after which the parameters were best on dev; the last one where there are no dev examples.
  public var bestStep: Int
  /// What answers are measured by, on dev and on the held-out examples.
  public var metric: Metric
  /// Whether more of it is better; false only for an external program's score that says so.
  public var higherIsBetter: Bool
  /// nil where there are no dev examples.
  public var devBefore: Double?
  public var devBest: Double?
  /// On the held-out examples, which nothing was chosen by: the model as it came, the best one, and the change on the
  /// same examples.
  public var testBefore: Estimate
  public var testAfter: Estimate
  public var testChange: Estimate
  /// Of the steps; evaluations apart.
  public var work: Work
  /// Of the last session.
  public var seconds: Double
  /// Of the steps of all sessions; evaluations apart.
  public var trainingSeconds: Double
  /// Elements that trained.
  public var trainable: Int
  /// What a step on the longest examples was forecast to take.
  public var forecast: MemoryForecast
  /// Greatest resident memory while evaluating before training, and while training.
  public var inferencePeakBytes: Int
  public var trainingPeakBytes: Int
  /// SHA-256 over the trained parameters after the last step.
  public var finalParameters: String
  /// The answers of the best parameters: indices of candidates, or texts.
  public var testPredictions: [ExampleScores.Prediction]
  /// What each of them was worth.
  public var testScores: [Double]
  public var kernels: String
  public var version: String
}
