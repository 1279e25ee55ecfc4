import Bundles
import Foundation

/// The examples that a run trains on, chooses by and reports on.
public struct TaskData: Sendable {
  public let train: [TaskExample]
  public let dev: [TaskExample]
  public let evaluation: [TaskExample]
  /// One line each, to be shown to the user.
  public let warnings: [String]
  /// SHA-256 of the worded examples, parts in order: equal for a folder and its archive, and what a run's record binds.
  public let contentHash: ContentHash
  let training: TaskExamples
  let split: Split

  /// Reads both files of `task` and selects from them as `Split` does.
  ///
  /// - Parameter shots: examples of each label to train on and as many to choose by, in the place of the numbers in
  ///   `counts`; nil: as `counts` says.
  /// - Throws: `DatasetError` or `BundleError`.
  public init(
    _ task: some EvaluationTask, in source: DataSource, counts: SplitCounts, shots: Int? = nil, seed: UInt32 = 0
  ) throws {
    training = try task.examples(.training, in: source)
    let validation = try task.examples(.validation, in: source)
    split =
      if let shots {
        try Split(
          shots: shots, labels: training.map { $0.golds.first ?? 0 }, validationSize: validation.count,
          evaluation: counts.evaluation, seed: seed)
      } else {
        try Split(trainingSize: training.count, validationSize: validation.count, counts: counts, seed: seed)
      }
    train = split.train.map { [training] in training[$0] }
    dev = split.dev.map { [training] in training[$0] }
    evaluation = split.evaluation.map { validation[$0] }
    warnings = split.warnings
    contentHash = Self.hash([train, dev, evaluation])
  }

  private static func hash(_ parts: [[TaskExample]]) -> ContentHash {
    let hasher = ContentHasher()
    func add(_ number: Int) { withUnsafeBytes(of: Int64(number).littleEndian) { hasher.update($0) } }
    func add(_ text: String) {
      add(text.utf8.count)
      Data(text.utf8).withUnsafeBytes(hasher.update)
    }
    for part in parts {
      add(part.count)
      for example in part {
        add(example.wording.prompt)
        add(example.wording.candidates.count)
        example.wording.candidates.forEach(add)
        add(example.golds.count)
        example.golds.forEach(add)
        add(example.references.count)
        example.references.forEach(add)
      }
    }
    return hasher.finalize()
  }
}
