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
  /// Indices of the right candidates; the first is the one that is trained on. Where the answer is generated, there is
  /// one candidate: the prompt with the first reference, which is trained on.
  public var golds: [Int]
  /// Where the answer is generated: every answer that counts as right. Empty where candidates are ranked.
  public var references: [String]
  /// The texts that a label is asked of, as the file has them: what an encoder reads. Empty where the task has no form
  /// for it.
  public var sentences: [String]
  /// File and line, for messages.
  public var origin: String

  public init(
    wording: Wording, inputFree: Wording, golds: [Int], references: [String] = [], sentences: [String] = [],
    origin: String
  ) {
    self.wording = wording
    self.inputFree = inputFree
    self.golds = golds
    self.references = references
    self.sentences = sentences
    self.origin = origin
  }
}

/// How a task's answers come about.
public enum AnswerForm: Sendable, Hashable {
  /// One of the example's candidates: the likeliest.
  case candidates
  /// Written by the model, greedily: at most `maximumTokens`, up to the text `stop`.
  case generated(maximumTokens: Int, stop: String)
}

/// What a task's answers are measured by.
public enum TaskMetric: String, Sendable, Hashable, Codable, CaseIterable {
  /// The share of examples whose likeliest candidate is right.
  case accuracy
  /// The mean over examples of the greatest F1 of the answer's words against a reference's.
  case f1
  /// The share of examples whose answer is a reference, but for case, punctuation, articles and spaces.
  case exactMatch = "exact-match"
}

/// A task: reads its files and words its examples. Everything after that is the same for all tasks.
public protocol EvaluationTask: Sendable {
  /// What is known of it before any file is read.
  var card: TaskCard { get }
  /// Which of the card's templates it words examples by.
  var templateVersion: Int { get }

  /// The examples in the file's order.
  ///
  /// - Throws: `DatasetError` naming file and line, or `BundleError`.
  func examples(_ part: DatasetPart, in source: DataSource) throws -> TaskExamples
}

extension EvaluationTask {
  /// As recipes name it: `sst2`.
  public var name: String { card.name }
  /// What it is usually trained on.
  public var defaultObjective: Objective { card.defaultObjective }
  public var answerForm: AnswerForm { card.answerForm }
  public var metric: TaskMetric { card.metric }
}
