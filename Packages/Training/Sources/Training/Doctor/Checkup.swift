/// What a checkup found of one question.
public struct Finding: Sendable, Codable, Equatable {
  public enum Verdict: String, Sendable, Codable, Comparable {
    case fine
    /// The run would be worse than it could be.
    case warning
    /// The run would fail, or be for nothing.
    case problem

    public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }

    private var rank: Int {
      switch self {
      case .fine: 0
      case .warning: 1
      case .problem: 2
      }
    }
  }

  /// In a word or two: `memory`.
  public var question: String
  public var verdict: Verdict
  /// With its numbers.
  public var found: String
  /// What to do; empty where nothing is to be done.
  public var advice: String

  init(_ question: String, _ found: String) { self.init(question, .fine, found) }

  init(_ question: String, _ verdict: Verdict, _ found: String, advice: String = "") {
    self.question = question
    self.verdict = verdict
    self.found = found
    self.advice = advice
  }
}

/// What would go wrong in a run, told before it begins.
public struct Checkup: Sendable, Codable, Equatable {
  public var findings: [Finding]

  public var verdict: Finding.Verdict { findings.map(\.verdict).max() ?? .fine }
}
