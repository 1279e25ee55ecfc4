import ArgumentParser
import Evaluation
import Foundation
import Training
import TuningCore

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Score a model on a task's examples.",
    discussion: """
      A recipe evaluates its base model; a run folder its best parameters on the same examples.

      EXAMPLES
        zeroth eval Recipes/quickstart.yaml
        zeroth eval runs/quickstart-0 --part dev --json
      """)

  @Argument(help: "Recipe file or run folder.")
  var subject: String

  @Option(help: "Which examples: train, dev or test.")
  var part = ExamplePart.test

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var settings: RecipeArguments

  struct Result: Encodable {
    var part: String
    var examples: Int
    var metric: Metric
    var value: Double
    var low: Double?
    var high: Double?
    var loss: Double?
    var predictions: [ExampleScores.Prediction]
    var scores: [Double]
  }

  func run() throws {
    let experiment = try open()
    let count = experiment.data[part].count
    guard count > 0 else {
      throw TrainingError(.invalidInput, "the recipe asks for no \(part.rawValue) examples")
    }
    let line = ProgressLine()
    let scores = try experiment.evaluate(part) { done in
      line.show("\(part.rawValue): \(done)/\(count) examples", force: done == count)
      return true
    }
    line.finish()
    // The progress never ends it.
    guard let scores else { return }
    let mean = scores.mean, metric = experiment.metric
    let result = Result(
      part: part.rawValue, examples: mean.count, metric: metric, value: mean.value, low: mean.low, high: mean.high,
      loss: scores.loss, predictions: scores.predictions, scores: scores.scores)
    if json { return try Output.json(result) }
    Output.table(
      [
        [
          part.rawValue, "\(result.examples)", metric.shown(mean.value), metric.interval(mean, metric.shown),
          result.loss.map { String(format: "%.4f", $0) } ?? "-",
        ]
      ], header: ["part", "examples", metric.title, "95 % interval", "loss"])
  }

  private func open() throws -> Experiment {
    let url = URL(argument: subject)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
      guard settings.overrides.isEmpty else { throw ValidationError("--set changes a recipe, not a finished run") }
      let folder = RunFolder(url), recipe = try RunFolder.storedRecipe(in: folder)
      return try Experiment(bestOf: folder, recipe, components: settings.plugins.load(recipe.plugins).components)
    }
    let (recipe, host) = try settings.resolve(subject)
    return try Experiment(recipe, components: host.components)
  }
}

extension ExamplePart: @retroactive ExpressibleByArgument {}
