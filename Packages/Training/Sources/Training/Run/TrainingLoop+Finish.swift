import Bundles
import Evaluation
import Foundation
import TensorCore
import TuningCore

extension TrainingLoop {
  /// The one look at the held-out examples: the best parameters, then the model as it came, with its adapter where the run
  /// began with one.
  ///
  /// - Returns: nil where a signal came; the checkpoint of the last step is there to go on from.
  func finish(_ session: Stopwatch) throws -> RunResult? {
    let trainable = experiment.oracle.state.parameters.trainableCount
    let finalParameters = TrainedParameters.hash(experiment.oracle.state.parameters)
    try restoreBest()
    guard let after = try evaluate("test, after", .test) else { return nil }
    guard let before = try scoreUntouched() else { return nil }
    let result = RunResult(
      recipeIdentity: experiment.recipe.identity.hex, steps: progress.step,
      bestStep: experiment.data.dev.isEmpty ? progress.step : progress.bestStep,
      metric: experiment.metric, higherIsBetter: experiment.higherIsBetter, devBefore: progress.devBefore,
      devBest: progress.bestScore, testBefore: before.mean, testAfter: after.mean,
      testChange: after.change(from: before), work: progress.work, seconds: session.seconds,
      trainingSeconds: progress.trainingSeconds, trainable: trainable, forecast: forecast,
      inferencePeakBytes: progress.inferencePeakBytes,
      trainingPeakBytes: progress.trainingPeakBytes, finalParameters: finalParameters.hex,
      testPredictions: after.predictions, testScores: after.scores, kernels: KernelPath.name,
      version: ZerothVersion.text)
    try AtomicFile.write(Data(picture(of: result).utf8), to: folder.picture)
    try AtomicFile.write(json: result, to: folder.result)
    return result
  }

  /// The model as it came on the held-out examples.
  private func scoreUntouched() throws -> ExampleScores? {
    let weights = ledger.header.baseModel
    let question = try untouched.flatMap { _ in try experiment.untouchedQuestion(of: .test, weights: weights) }
    if let question, let known = try untouched?.scores(of: question) { return known }
    try experiment.reload(attached: experiment.recipe.adapter != nil)
    let scores = try evaluate("test, before", .test)
    if let question, let scores { try untouched?.keep(scores, of: question) }
    return scores
  }

  private func picture(of result: RunResult) -> String {
    let log = MetricsLog.read(folder.metrics)
    return RunPicture(
      steps: log.steps, evaluations: log.evaluations, metric: result.metric,
      title: experiment.recipe.title, finding: result.finding
    ).svg()
  }

  private func restoreBest() throws {
    guard !experiment.data.dev.isEmpty else { return try experiment.export(to: folder.best) }
    if progress.bestStep == 0 {
      try experiment.reload(attached: true)
      try experiment.export(to: folder.best)
    } else if progress.bestStep != progress.step {
      try experiment.load(from: folder.best)
    }
  }
}

extension RunResult {
  /// What the held-out examples say, in a line.
  var finding: String {
    let format = metric.isShare ? "%.1f %%" : "%.4g"
    func shown(_ value: Double) -> String { String(format: format, (metric.isShare ? 100 : 1) * value) }
    var text =
      "\(testAfter.count) held-out examples, \(metric.title): \(shown(testBefore.value)) before, "
      + "\(shown(testAfter.value)) after"
    if let low = testChange.low, let high = testChange.high {
      let ends = [low, high].map { String(format: metric.isShare ? "%+.1f" : "%+.4g", (metric.isShare ? 100 : 1) * $0) }
      text += " (change \(ends[0]) to \(ends[1])\(metric.isShare ? " points" : ""), 95 % interval)"
    }
    return text
  }
}
