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
  public var devAccuracy: Double
  public var devLoss: Double
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
  public var forecast: MemoryForecast
  public var train: Int
  public var dev: Int
  public var test: Int
  public var startStep: Int
  public var steps: Int
  public var threads: Int
  public var folder: String
}

/// A share with its 95 % interval, for JSON.
public struct ReportedShare: Sendable, Codable, Equatable {
  public var value: Double
  public var low: Double
  public var high: Double
  public var count: Int

  init(_ proportion: Proportion) {
    let interval = proportion.interval()
    self.init(value: proportion.value, low: interval.low, high: interval.high, count: proportion.count)
  }

  init(_ difference: PairedDifference) {
    let interval = difference.interval()
    self.init(value: difference.value, low: interval.low, high: interval.high, count: difference.count)
  }

  private init(value: Double, low: Double, high: Double, count: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.count = count
  }
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
  /// nil where there are no dev examples.
  public var devBefore: Double?
  public var devBest: Double?
  /// On the held-out examples, which nothing was chosen by: the model as it came, the best one, and the change on the
  /// same examples.
  public var testBefore: ReportedShare
  public var testAfter: ReportedShare
  public var testChange: ReportedShare
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
  public var testPredictions: [Int]
  public var kernels: String
  public var version: String
}
