import TuningCore

/// Which of a task's two labelled files.
public enum DatasetPart: String, Sendable, Codable, CaseIterable {
  /// Trained on and chosen by.
  case training
  /// Reported on.
  case validation
}

/// A question in words: the text up to the answer, and the whole text for each answer.
public struct Wording: Sendable, Hashable {
  /// `encode(sample)`: everything before the answer.
  public var prompt: String
  /// `verbalize(sample, candidate)`: prompt and answer, for each candidate.
  public var candidates: [String]

  public init(prompt: String, candidates: [String]) {
    self.prompt = prompt
    self.candidates = candidates
  }
}

/// One example of a task, worded.
public struct TaskExample: Sendable, Hashable {
  public var wording: Wording
  /// The same without the input: what surface form competition calibration (SFC) compares with.
  public var inputFree: Wording
  /// Index of the right candidate.
  public var gold: Int
  /// File and line, for messages.
  public var origin: String

  public init(wording: Wording, inputFree: Wording, gold: Int, origin: String) {
    self.wording = wording
    self.inputFree = inputFree
    self.gold = gold
    self.origin = origin
  }
}

/// A task: reads its files and words its examples. Everything after that is the same for all tasks.
public protocol EvaluationTask: Sendable {
  /// As recipes name it: `sst2`.
  var name: String { get }
  /// What it is usually trained on.
  var defaultObjective: Objective { get }

  /// The examples in the file's order.
  ///
  /// - Throws: `DatasetError` naming file and line, or `BundleError`.
  func examples(_ part: DatasetPart, in source: DataSource) throws -> [TaskExample]
}
