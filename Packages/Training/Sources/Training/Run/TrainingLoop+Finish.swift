import Bundles
import Evaluation
import Foundation
import TensorCore
import TuningCore

extension TrainingLoop {
  /// The one look at the held-out examples: the best parameters, then the model as it came.
  ///
  /// - Returns: nil where a signal came; the checkpoint of the last step is there to go on from.
  func finish(_ session: Stopwatch) throws -> RunResult? {
    let trainable = experiment.oracle.state.parameters.trainableCount, forecast = try experiment.forecast()
    let finalParameters = TrainedParameters.hash(experiment.oracle.state.parameters)
    try restoreBest()
    guard let after = try evaluate("test, after", experiment.data.test) else { return nil }
    try experiment.reload(attached: false)
    guard let before = try evaluate("test, before", experiment.data.test) else { return nil }
    let result = RunResult(
      recipeIdentity: experiment.recipe.identity.hex, steps: progress.step,
      bestStep: experiment.data.dev.isEmpty ? progress.step : progress.bestStep,
      devBefore: progress.devBefore, devBest: progress.bestAccuracy,
      testBefore: ReportedShare(before.accuracy), testAfter: ReportedShare(after.accuracy),
      testChange: ReportedShare(PairedDifference(before: before.outcomes, after: after.outcomes)),
      work: progress.work, seconds: session.seconds,
      trainingSeconds: progress.trainingSeconds, trainable: trainable, forecast: forecast,
      inferencePeakBytes: progress.inferencePeakBytes,
      trainingPeakBytes: progress.trainingPeakBytes, finalParameters: finalParameters.hex,
      testPredictions: after.predictions, kernels: KernelPath.name, version: ZerothVersion.text)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write(Data(picture(of: result).utf8), to: folder.picture)
    try AtomicFile.write(try encoder.encode(result) + Data("\n".utf8), to: folder.result)
    return result
  }

  private func picture(of result: RunResult) -> String {
    let log = MetricsLog.read(folder.metrics), recipe = experiment.recipe
    let name = recipe.model.deletingPathExtension().lastPathComponent
    return RunPicture(
      steps: log.steps, evaluations: log.evaluations,
      title: "\(name) on \(recipe.task): \(recipe.scheme), \(recipe.optimizer)",
      finding: String(
        format: "%d held-out examples: %.1f %% before, %.1f %% after (change %+.1f to %+.1f points, 95 %% interval)",
        result.testAfter.count, 100 * result.testBefore.value, 100 * result.testAfter.value,
        100 * result.testChange.low, 100 * result.testChange.high)
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
