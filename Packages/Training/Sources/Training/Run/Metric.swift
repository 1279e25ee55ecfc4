import Evaluation

/// What answers are measured by.
public enum Metric: String, Sendable, Codable, CaseIterable {
  /// The share of examples whose right candidate is ranked first.
  case accuracy
  /// `AnswerMetric.f1` of the answers that the model writes.
  case f1
  /// `AnswerMetric.exactMatch` of the answers that the model writes.
  case exactMatch = "exact-match"
  /// What the recipe's own program gives for each answer that the model writes.
  case external
}

extension Metric {
  /// As pages and tables name it.
  public var title: String {
    switch self {
    case .accuracy: "accuracy"
    case .f1: "F1"
    case .exactMatch: "exact match"
    case .external: "score"
    }
  }

  /// Whether its values lie between 0 and 1, and are shown in percent.
  public var isShare: Bool { self != .external }
}
