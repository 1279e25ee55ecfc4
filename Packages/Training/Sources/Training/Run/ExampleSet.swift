import Bundles
import Datasets
import Foundation
import Tokenizers
import TuningCore

/// A run's examples in tokens: trained on, chosen by, reported on.
public struct ExampleSet: Sendable {
  public let train: [ScoringRequest]
  public let dev: [ScoringRequest]
  public let test: [ScoringRequest]
  /// The examples of dev and test without their inputs, where answers are calibrated by them.
  let inputFree: [ExamplePart: [ScoringRequest]]
  /// The same as prompts that the model continues, where the task's answers are written by it.
  public let completions: CompletionSet?
  /// The task's usual objective.
  public let objective: Objective
  /// The task's metric.
  public let metric: Metric
  /// One line each, to be shown.
  public let warnings: [String]
  /// Of the worded examples: what a ledger binds.
  public let contentHash: ContentHash
  /// The files that they were read from.
  public let files: [String: ContentHash]

  /// Reads, splits and encodes as the model's head asks.
  ///
  /// - Throws: what the data's readers find wrong; `TrainingError.invalidInput` for a task that the model cannot be asked.
  public init(_ recipe: ResolvedRecipe, tokenizer: Tokenizer, model: any LanguageModel) throws {
    let task = try Registry<any EvaluationTask>.task(recipe.task, template: recipe.template)
    let counts = SplitCounts(train: recipe.trainExamples, dev: recipe.devExamples, evaluation: recipe.testExamples)
    let source = try DataSource(recipe.data)
    let data = try TaskData(
      task, in: source, counts: counts, shots: recipe.shots, seed: recipe.dataSeed)
    let encoder = try ExampleEncoder(task.card, recipe, tokenizer: tokenizer, model: model)
    guard encoder.isPrompt || recipe.demonstrations.count == 0 else {
      throw TrainingError(
        .invalidInput, "demonstrations stand before a prompt, and the model fills blanks or labels texts: set 0 of them"
      )
    }
    let shown = try [
      data.demonstrations(recipe.demonstrations, for: .dev),
      data.demonstrations(recipe.demonstrations, for: .evaluation),
    ]
    let parts =
      try [data.train.map { try encoder.encode($0) }]
      + zip([data.dev, data.evaluation], shown).map { try zip($0, $1).map(encoder.encode) }
    let cut = parts.joined().count { $0.droppedTokens > 0 }
    train = parts[0].enumerated().map { number, example in
      var request = example.request
      request.number = number
      return request
    }
    dev = parts[1].map(\.request)
    test = parts[2].map(\.request)
    inputFree = try Self.inputFree(data, recipe.calibration, shown: shown, encoder)
    completions = CompletionSet(data, shown: shown, form: task.answerForm, recipe: recipe, encoder: encoder)
    objective = task.defaultObjective
    metric = Metric(task.metric)
    warnings =
      data.warnings
      + (cut > 0
        ? ["\(cut) \(cut == 1 ? "example was" : "examples were") cut \(encoder.cut): max_length \(recipe.maxLength)"]
        : [])
      + [ExampleEncoder.warning(of: task.card, recipe, model: model)].compactMap(\.self)
    contentHash = data.contentHash
    files = source.files
  }

  private static func inputFree(
    _ data: TaskData, _ calibration: Calibration, shown: [[Demonstrations]], _ encoder: ExampleEncoder
  ) throws -> [ExamplePart: [ScoringRequest]] {
    guard calibration != .none else { return [:] }
    let parts = [(ExamplePart.dev, data.dev, shown[0]), (.test, data.evaluation, shown[1])]
    return try Dictionary(
      uniqueKeysWithValues: parts.map { part, examples, shown in
        let requests = try zip(examples, shown).map {
          try encoder.encodeInputFree($0, after: calibration == .iclSFC ? $1 : nil)
        }
        return (part, requests)
      })
  }

  /// An example longer than the model is found before the run begins, not at the step that meets it.
  ///
  /// - Throws: `TrainingError.invalidInput`.
  func check(fits model: any LanguageModel, in state: ModelState) throws {
    let longest = max([train, dev, test].joined().map(\.readTokens).max() ?? 0, completions?.longest ?? 0)
    let room = model.maximumLength - state.positionShift
    guard longest <= room else {
      let virtual = state.positionShift > 0 ? ", \(state.positionShift) of it the scheme's" : ""
      throw TrainingError(
        .invalidInput,
        "an example has \(longest) tokens, and the model's longest sequence is \(model.maximumLength)\(virtual): "
          + "set max_length to \(room) or less, and longer examples are cut on the left")
    }
  }

  /// The examples of `step`: those of one batch of `batchSize · gradientAccumulation`, in batches of `batchSize`.
  func batches(step: Int, _ recipe: ResolvedRecipe) throws -> [PackedBatch] {
    let size = recipe.batchSize
    let order = BatchOrder(count: train.count, batchSize: size * recipe.gradientAccumulation, seeds: recipe.seeds)
    let indices = order.indices(step: step)
    return try stride(from: 0, to: indices.count, by: size).map { start in
      try PackedBatch(indices[start..<min(start + size, indices.count)].map { train[$0] })
    }
  }
}

extension ExampleSet {
  /// The training examples that have the most tokens: no batch of as many takes more memory.
  func longestBatch(of size: Int) throws -> PackedBatch {
    try PackedBatch(Array(train.sorted { $0.tokenCount > $1.tokenCount }.prefix(size)))
  }

  /// The tasks that recipes may name.
  public static func taskNames() throws -> [String] { try Registry<any EvaluationTask>.tasks().names }
}
