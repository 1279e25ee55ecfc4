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

  enum Part: String, ExpressibleByArgument, CaseIterable { case train, dev, test }

  @Argument(help: "Recipe file or run folder.")
  var subject: String

  @Option(
    name: .customLong("set"), help: ArgumentHelp("Set a key of the recipe. May be repeated.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "Which examples: train, dev or test.")
  var part = Part.test

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var plugins: PluginArguments

  struct Result: Encodable {
    var part: String
    var examples: Int
    var accuracy: Double
    var low: Double
    var high: Double
    var loss: Double
    var predictions: [Int]
  }

  func run() throws {
    let experiment = try open()
    let requests = part == .train ? experiment.data.train : part == .dev ? experiment.data.dev : experiment.data.test
    guard !requests.isEmpty else {
      throw TrainingError(.invalidInput, "the recipe asks for no \(part.rawValue) examples")
    }
    let line = ProgressLine()
    let ranking = try CandidateRanking.evaluate(requests, oracle: experiment.oracle) { done in
      line.show("\(part.rawValue): \(done)/\(requests.count) examples", force: done == requests.count)
      return true
    }
    line.finish()
    // The progress never ends it.
    guard let ranking else { return }
    let interval = ranking.accuracy.interval()
    let result = Result(
      part: part.rawValue, examples: requests.count, accuracy: ranking.accuracy.value, low: interval.low,
      high: interval.high, loss: ranking.loss, predictions: ranking.predictions)
    if json { return try Output.json(result) }
    Output.table(
      [
        [
          part.rawValue, "\(result.examples)", Quantity.percent(result.accuracy),
          "\(Quantity.percent(result.low)) to \(Quantity.percent(result.high))", String(format: "%.4f", result.loss),
        ]
      ], header: ["part", "examples", "accuracy", "95 % interval", "loss"])
  }

  private func open() throws -> Experiment {
    let url = URL(argument: subject)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
      guard overrides.isEmpty else { throw ValidationError("--set changes a recipe, not a finished run") }
      let folder = RunFolder(url), recipe = try RunFolder.storedRecipe(in: folder)
      return try Experiment(bestOf: folder, recipe, components: plugins.load(recipe.plugins).components)
    }
    let read = try Recipe(contentsOf: url, overrides: overrides)
    let host = try plugins.load(read.pluginFiles)
    return try Experiment(
      read.resolve(components: host.components, tasks: ExampleSet.taskNames()), components: host.components)
  }
}
