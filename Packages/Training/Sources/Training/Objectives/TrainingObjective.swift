import Datasets
import Evaluation
import TuningCore

/// What a run's steps lower.
public enum TrainingObjective: Sendable, Equatable {
  /// A function of the log-probabilities of given texts.
  case probabilities(Objective)
  /// What the texts are worth that the model writes at the displacement which is asked for.
  case completions(Metric)

  /// As recipes name it.
  public init?(name: String) {
    if let objective = Objective(rawValue: name) {
      self = .probabilities(objective)
    } else if let metric = Metric(rawValue: name), metric.needsCompletions {
      self = .completions(metric)
    } else {
      return nil
    }
  }

  public var name: String {
    switch self {
    case .probabilities(let objective): objective.rawValue
    case .completions(let metric): metric.rawValue
    }
  }

  /// Whether it has derivatives for optimizers to follow.
  public var isDifferentiable: Bool {
    switch self {
    case .probabilities(let objective): objective.isDifferentiable
    case .completions: false
    }
  }

  /// The names that recipes may give.
  static let names =
    Objective.allCases.map(\.rawValue) + Metric.allCases.filter(\.needsCompletions).map(\.rawValue)
}

extension Metric {
  /// Whether it is of texts that the model writes.
  var needsCompletions: Bool { self != .accuracy }

  /// - Parameter options: of the recipe's program, which `external` alone needs.
  func scorer(_ options: ExternalScorer.Options?) -> (any CompletionScorer)? {
    switch self {
    case .accuracy: nil
    case .f1: AnswerScorer(.f1)
    case .exactMatch: AnswerScorer(.exactMatch)
    case .external: options.map(ExternalScorer.init)
    }
  }
}

extension Metric {
  init(_ metric: TaskMetric) {
    switch metric {
    case .accuracy: self = .accuracy
    case .f1: self = .f1
    case .exactMatch: self = .exactMatch
    }
  }
}
