import Datasets
import Evaluation
import Tokenizers
import TuningCore

/// What a run lowers and what its answers are measured by, agreed with the task.
struct Judgement {
  let objective: TrainingObjective
  let metric: Metric
  /// Scores completions by the metric; nil for accuracy.
  let scorer: (any CompletionScorer)?
  /// Scores completions for the steps; nil where the objective is of probabilities. The metric's own where they agree.
  let objectiveScorer: (any CompletionScorer)?

  /// - Throws: `TrainingError.invalidInput` where objective or metric do not fit the task.
  init(_ recipe: ResolvedRecipe, data: ExampleSet) throws {
    let objective = recipe.objective ?? .probabilities(data.objective)
    let metric = recipe.metric ?? Self.usualMetric(objective, data)
    try Self.check(objective, metric, recipe, data)
    self.objective = objective
    self.metric = metric
    let options = recipe.externalScorer, scorer = metric.scorer(options)
    self.scorer = scorer
    objectiveScorer =
      if case .completions(let own) = objective { own == metric ? scorer : own.scorer(options) } else { nil }
  }

  /// The objective's own where it is a score of completions; else the task's.
  private static func usualMetric(_ objective: TrainingObjective, _ data: ExampleSet) -> Metric {
    if case .completions(let metric) = objective { metric } else { data.metric }
  }

  private static func check(
    _ objective: TrainingObjective, _ metric: Metric, _ recipe: ResolvedRecipe, _ data: ExampleSet
  ) throws {
    func fail(_ message: String) -> TrainingError { TrainingError(.invalidInput, message) }
    guard data.completions != nil else {
      if case .completions = objective {
        throw fail(
          "objective \(objective.name) scores answers that the model writes, and task \(recipe.task) ranks candidates: "
            + "set objective: accuracy, which needs no gradient either")
      }
      guard !metric.needsCompletions else {
        throw fail(
          "metric \(metric.rawValue) measures answers that the model writes, and task \(recipe.task) ranks candidates: "
            + "set metric: accuracy")
      }
      return
    }
    switch objective {
    case .probabilities(.classification), .probabilities(.accuracy):
      throw fail(
        "objective \(objective.name) ranks candidates, and the answers of task \(recipe.task) are written by the model: "
          + "set objective: language-model, f1, exact-match or external")
    case .probabilities, .completions: break
    }
    guard metric.needsCompletions else {
      throw fail(
        "metric accuracy is of candidates, and the answers of task \(recipe.task) are written by the model: set metric: "
          + "f1, exact-match or external")
    }
  }

  /// Of given texts: what steps lower, or what is told beside the scores of texts that the model writes.
  var ofProbabilities: Objective {
    if case .probabilities(let objective) = objective { objective } else { .languageModel }
  }

  /// Whether more of the metric is better.
  var higherIsBetter: Bool { scorer?.higherIsBetter ?? true }

  /// Hears what happens to the recipe's program.
  func tell(_ note: @escaping (String) -> Void) {
    for case let scorer as ExternalScorer in [scorer, objectiveScorer] { scorer.note = note }
  }
}
