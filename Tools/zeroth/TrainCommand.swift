import ArgumentParser
import Evaluation
import Foundation
import Training
import TuningCore

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Fine-tune a model as a recipe says.",
    discussion: """
      Prints a table of the task's metric before and after on held-out examples; the run folder keeps the resolved recipe,
      metrics.jsonl, the ledger, a checkpoint, the best parameters and result.json. Ctrl-C and SIGTERM stop at the next
      step; the run goes on bit for bit with --resume.

      EXAMPLES
        zeroth train Recipes/quickstart.yaml
        zeroth train Recipes/quickstart.yaml --set seed=1 --set output=runs/second
        zeroth train --resume runs/quickstart-0
      """)

  @Argument(help: "Recipe; not needed with --resume.")
  var recipe: String?

  @Option(help: ArgumentHelp("Go on with this run from its last checkpoint.", valueName: "run folder"))
  var resume: String?

  @Option(
    help: ArgumentHelp(
      "Stop at a checkpoint after this step, as a signal would: a look at dev that is due is made first.",
      valueName: "step"))
  var stopAfter: Int?

  @Option(
    help: ArgumentHelp(
      "Where runs of a benchmark keep what models as they came score: what is there is not computed again.",
      valueName: "folder"))
  var untouched: String?

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup var settings: RecipeArguments

  func validate() throws {
    guard recipe != nil || resume != nil else { throw ValidationError("give a RECIPE, or --resume RUN") }
    guard resume == nil || settings.overrides.isEmpty else {
      throw ValidationError("--set changes the run: a resumed run keeps its recipe")
    }
    guard stopAfter ?? 1 >= 1 else { throw ValidationError("--stop-after must be 1 or more") }
  }

  func run() throws {
    Signals.watch()
    let (resolved, host) = try resolve()
    let folder = resume.map { RunFolder(URL(argument: $0)) } ?? RunFolder(resolved.output)
    let display = TrainingDisplay(), stopPoint = StopPoint(after: stopAfter)
    let experiment = try Experiment(resolved, components: host.components)
    for warning in experiment.data.warnings { display.show(.note(warning)) }
    let loop = try TrainingLoop(
      experiment, folder: folder, resume: resume != nil, plugins: host.loaded.map { "\($0.name) \($0.version)" },
      untouched: untouched.map { UntouchedScores(URL(argument: $0)) },
      observer: { event in
        stopPoint.note(event)
        display.show(event)
      }, shouldStop: { Signals.stopRequested || stopPoint.isReached })
    let outcome = try loop.run()
    display.finish()
    switch outcome {
    case .stopped(let step):
      throw StoppedBySignal(
        description:
          "stopped after step \(step) of \(resolved.steps); go on with: zeroth train --resume \(folder.url.path)")
    case .finished(let result):
      if json { try Output.json(result) } else { ResultTable.show(result, folder: folder) }
    }
  }

  private func resolve() throws -> (ResolvedRecipe, PluginHost) {
    guard let recipe else {
      // Validated: without a recipe there is a run.
      let stored = try RunFolder.storedRecipe(in: RunFolder(URL(argument: resume ?? "")))
      return (stored, try settings.plugins.load(stored.plugins))
    }
    return try settings.resolve(recipe)
  }
}

/// Whether a run has done the steps that were wanted of this session, and what is due after them.
final class StopPoint {
  private let last: Int
  private var step = 0
  /// A look that has begun is brought to its end.
  private var isLooking = false

  init(after last: Int?) { self.last = last ?? .max }

  var isReached: Bool { step >= last && !isLooking }

  func note(_ event: RunEvent) {
    switch event {
    case .prepared(let summary): step = summary.startStep
    case .step(let report): step = report.step
    case .evaluating: isLooking = true
    case .evaluation: isLooking = false
    case .note, .checkpoint: break
    }
  }
}

/// What a training run shows while it goes.
final class TrainingDisplay {
  private let line = ProgressLine()

  func show(_ event: RunEvent) {
    switch event {
    case .note(let text): line.say(text)
    case .prepared(let summary): describe(summary)
    case .step(let report): line.show(progress(report), force: report.step == report.steps)
    case .evaluating(let name, let done, let total): line.show("\(name): \(done)/\(total) examples")
    case .evaluation(let report):
      let mark = report.isBest && report.step > 0 ? "  best" : ""
      line.say(
        "step \(report.step)  dev \(report.metric.title) \(report.metric.shown(report.devScore)) of \(report.devExamples)"
          + (report.devLoss.map { String(format: "  dev loss %.4f", $0) } ?? "") + mark)
    case .checkpoint: break
    }
  }

  func finish() { line.finish() }

  private func describe(_ summary: RunSummary) {
    line.say(
      "model      \(summary.model): \(Quantity.count(summary.parameters)) parameters, \(Quantity.bytes(summary.weightBytes))"
    )
    line.say(
      "method     \(summary.scheme) + \(summary.optimizer): \(Quantity.count(summary.trainable)) train, "
        + describe(summary.cost))
    line.say("data       \(summary.train) train, \(summary.dev) dev, \(summary.test) held out")
    line.say(
      "memory     \(Quantity.bytes(summary.forecast.totalBytes)) forecast for a step on the longest examples: "
        + "\(Quantity.bytes(summary.forecast.activationBytes)) of activations")
    if summary.payloadBytes > 0 {
      line.say(
        "payloads   \(Quantity.bytes(summary.payloadBytes)) each beside the ledger, of what exact gradients move")
    }
    let threads = summary.threads == 1 ? "1 thread" : "\(summary.threads) threads"
    line.say("run        \(summary.folder), \(threads), step \(summary.startStep) of \(summary.steps)")
  }

  private func describe(_ cost: OptimizerCost) -> String {
    func times(_ count: Int, _ what: String) -> String? {
      count == 0 ? nil : "\(count) \(what)\(count == 1 ? "" : "es")"
    }
    let passes = [
      times(cost.queriesPerStep, "forward pass"), times(cost.gradientsPerStep, "backward pass"),
      cost.slopesPerStep == 0 ? nil : "\(cost.slopesPerStep) tangent\(cost.slopesPerStep == 1 ? "" : "s")",
    ]
    return passes.compactMap { $0 }.joined(separator: " and ") + " a step, "
      + (cost.gradientBytes == 0 ? "" : "\(Quantity.bytes(cost.gradientBytes)) of gradient, ")
      + (cost.stateBytes == 0 ? "no state" : "\(Quantity.bytes(cost.stateBytes)) of state")
      + (cost.replayedSteps == 0 ? "" : " kept: it is made of the last \(cost.replayedSteps + 1) steps, each step")
  }

  private func progress(_ report: StepReport) -> String {
    String(
      format: "step %d/%d  loss %.4f  %.0f tokens/s  peak %@  %@ left", report.step, report.steps, report.loss,
      report.tokensPerSecond, Quantity.bytes(report.peakBytes) as NSString,
      Quantity.duration(report.secondsLeft) as NSString)
  }
}

extension Metric {
  /// A value as tables show it: in percent where it is a share.
  func shown(_ value: Double) -> String { isShare ? Quantity.percent(value) : String(format: "%.4g", value) }

  /// A difference of two values.
  func shownChange(_ change: Double) -> String {
    isShare ? String(format: "%+.1f points", 100 * change) : String(format: "%+.4g", change)
  }

  /// The ends of an interval, each in `shown`'s form.
  func interval(_ estimate: Estimate, _ shown: (Double) -> String) -> String {
    guard let low = estimate.low, let high = estimate.high else { return "unknown" }
    return "\(shown(low)) to \(shown(high))"
  }
}

/// The table at a run's end.
enum ResultTable {
  static func show(_ result: RunResult, folder: RunFolder) {
    if result.testAfter.count > 0 { showScores(result) }
    Output.line("")
    Output.line(
      (result.devBest == nil
        ? "the last step's parameters: no dev examples to choose by; "
        : "best on dev after step \(result.bestStep) of \(result.steps); ")
        + "\(Quantity.count(result.work.forwardPasses)) forward passes, "
        + "\(Quantity.count(result.work.tokens)) tokens, \(Quantity.duration(result.trainingSeconds)) of training")
    Output.line(
      "peak memory \(Quantity.bytes(result.trainingPeakBytes)) in training, "
        + "\(Quantity.bytes(result.inferencePeakBytes)) in inference")
    Output.line("run folder \(folder.url.path)")
  }

  private static func showScores(_ result: RunResult) {
    let metric = result.metric
    Output.line("")
    Output.table(
      [
        ["before", metric.shown(result.testBefore.value), metric.interval(result.testBefore, metric.shown)],
        ["after", metric.shown(result.testAfter.value), metric.interval(result.testAfter, metric.shown)],
        [
          "change", metric.shownChange(result.testChange.value),
          metric.interval(result.testChange, metric.shownChange),
        ],
      ], header: ["\(result.testAfter.count) held-out examples", metric.title, "95 % interval"])
  }
}
