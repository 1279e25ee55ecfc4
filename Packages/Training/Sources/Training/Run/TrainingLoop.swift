import Bundles
import Evaluation
import Foundation
import TensorCore
import TuningCore

/// Trains what a recipe describes, so that any stop can be gone on from and any result made again.
///
/// A step is: its batches by (seed, step), the optimizer's questions, a line in the ledger, the update. All randomness is
/// addressed by step, so a run resumed from a checkpoint is bit for bit the run that never stopped.
public final class TrainingLoop {
  let experiment: Experiment
  let folder: RunFolder
  let observer: (RunEvent) -> Void
  let shouldStop: () -> Bool
  private let memory = MemoryMeter()
  var progress: RunProgress
  let ledger: LedgerWriter
  /// nil: the ledger holds all that happens.
  private let payloads: Payloads?
  private let metrics: MetricsLog
  /// The step of the last checkpoint, so that none is made twice.
  private var checkpointedStep: Int
  /// Whether a finite loss was seen at the last checkpoint's parameters: until then the one before it stays.
  private var isCheckpointProven = false
  /// Of a run that had finished before this session.
  private let earlierResult: RunResult?
  let untouched: UntouchedScores?
  /// Of a step on the longest examples.
  let forecast: MemoryForecast

  /// How a session ended.
  public enum Outcome: Sendable {
    case finished(RunResult)
    /// At a checkpoint after this many steps.
    case stopped(step: Int)
  }

  /// Begins a run in `folder`, or goes on from its last checkpoint.
  ///
  /// - Parameters:
  ///   - observer: hears what happens, on the calling thread.
  ///   - untouched: where scores of the model as it came are kept for several runs; nil: nowhere.
  ///   - shouldStop: asked before every step and between batches of an evaluation.
  /// - Throws: `TrainingError.runExists`, `.notARun`, `.otherRecipe`, `.damaged`; `LedgerError.otherRun` where model,
  ///   tokenizer or data are not those that the run began with; what the parts find wrong.
  public init(
    _ experiment: Experiment, folder: RunFolder, resume: Bool, plugins: [String], untouched: UntouchedScores? = nil,
    observer: @escaping (RunEvent) -> Void,
    shouldStop: @escaping () -> Bool
  ) throws {
    self.experiment = experiment
    self.folder = folder
    self.observer = observer
    self.shouldStop = shouldStop
    self.untouched = untouched
    forecast = try experiment.forecast()
    try forecast.requireRoom(in: ProcessInfo.processInfo.physicalMemory)
    experiment.judgement.tell { observer(.note($0)) }
    let header = try experiment.ledgerHeader(plugins: plugins)
    if resume {
      progress = try experiment.resume(from: folder, header: header)
      ledger =
        folder.hasLedger
        ? try LedgerWriter(resuming: folder.ledger, afterStep: progress.step, header: header)
        : try LedgerWriter(creating: folder.ledger, header: header)
      if folder.hasLedger { try experiment.remember(folder.ledger, before: progress.step) }
    } else {
      try folder.create()
      try AtomicFile.write(Data(experiment.recipe.yaml.utf8), to: folder.recipe)
      progress = RunProgress()
      ledger = try LedgerWriter(creating: folder.ledger, header: header)
    }
    payloads = Payloads(beside: folder.ledger, header: header, headerChecksum: ledger.headerChecksum)
    folder.recover()
    try? FileManager.default.removeItem(at: folder.divergence)
    checkpointedStep = progress.step
    earlierResult = resume ? folder.storedResult(of: experiment.recipe, steps: progress.step) : nil
    metrics = try MetricsLog(folder.metrics, keeping: progress)
  }

  /// Trains to the end, or until `shouldStop`. A run that has finished already gives its result again: the held-out
  /// examples are looked at once.
  ///
  /// - Throws: `TrainingError.diverged` naming the step where a loss is no number; the last checkpoint with a finite
  ///   loss stays.
  public func run() throws -> Outcome {
    if let earlierResult {
      // A kill may have come between the result and this.
      proveCheckpoint()
      return .finished(earlierResult)
    }
    let session = Stopwatch()
    observer(.prepared(summary()))
    guard try measureBase() else { return .stopped(step: progress.step) }
    memory.restart()
    let training = Stopwatch()
    let (firstStep, firstTokens) = (progress.step, experiment.asked.tokenCount)
    while true {
      guard try lookAndKeep() else { return try stop() }
      guard progress.step < experiment.recipe.steps else { break }
      guard !shouldStop() else { return try stop() }
      var report = try advance()
      let fraction = training.seconds / Double(report.step - firstStep)
      report.tokensPerSecond = Double(experiment.asked.tokenCount - firstTokens) / training.seconds
      report.secondsLeft = fraction * Double(report.steps - report.step)
      try metrics.append(.step(report))
      observer(.step(report))
    }
    progress.trainingPeakBytes = max(progress.trainingPeakBytes, memory.read()?.peak ?? 0)
    guard let result = try finish(session) else {
      // The last step's checkpoint is there; the parameters in memory are others by now.
      return .stopped(step: progress.step)
    }
    proveCheckpoint()
    return .finished(result)
  }

  /// One step: ask, record, update.
  private func advance() throws -> StepReport {
    let recipe = experiment.recipe, step = progress.step, before = Work(experiment.asked), watch = Stopwatch()
    let outcome: Method.Step
    do {
      outcome = try experiment.advance(step: step) { updates in
        proveCheckpoint()
        try ledger.append(step: step, updates: updates)
      }
    } catch let error as TuningError where error.code == .nonFiniteLoss {
      throw diverged("step \(step + 1): \(error.message)")
    }
    progress.step += 1
    progress.work += Work(experiment.asked) - before
    progress.trainingSeconds += watch.seconds
    return StepReport(
      step: progress.step, steps: recipe.steps, loss: outcome.loss,
      learningRate: recipe.learningRate.rate(at: step),
      coefficients: outcome.updates.flatMap(\.terms).map(\.coefficient), work: progress.work,
      seconds: progress.trainingSeconds, tokensPerSecond: 0, secondsLeft: 0, peakBytes: memory.read()?.peak ?? 0)
  }

  /// A finite loss was seen at the last checkpoint's parameters, or at the end of the run: earlier ones may go.
  private func proveCheckpoint() {
    guard !isCheckpointProven else { return }
    folder.removeCheckpoints(before: checkpointedStep)
    isCheckpointProven = true
  }

  /// What ends a run whose losses are no numbers any more. A checkpoint of these very parameters gives way to the one
  /// before it.
  private func diverged(_ what: String) -> TrainingError {
    var steps = folder.checkpointSteps()
    if !isCheckpointProven, steps.first == progress.step {
      try? FileManager.default.removeItem(at: folder.checkpoint(step: steps.removeFirst()))
    }
    let kept =
      steps.first.map { "The checkpoint of step \($0) is kept in \(folder.url.path)" }
      ?? "No checkpoint was made before it"
    // A folder that cannot be written to is told of by whatever is written next.
    try? AtomicFile.write(
      JSONEncoder().encode(Divergence(step: progress.step, message: what)), to: folder.divergence)
    return TrainingError(.diverged, "\(what). \(kept)")
  }

  /// Evaluates and makes checkpoints where they are due; false where a signal came meanwhile.
  private func lookAndKeep() throws -> Bool {
    let recipe = experiment.recipe, step = progress.step
    func isDue(_ interval: Int?) -> Bool {
      step > 0 && (step == recipe.steps || interval.map { step % $0 == 0 } ?? false)
    }
    if isDue(recipe.evaluateEvery), progress.evaluatedStep != step, !experiment.data.dev.isEmpty {
      guard try lookAtDev("dev") else { return false }
    }
    if isDue(recipe.payloadEvery) || step > 0 && step == progress.bestStep { try keepPayload() }
    if isDue(recipe.checkpointEvery), checkpointedStep != step { try checkpoint() }
    return true
  }

  /// What the ledger does not hold of this step, kept beside it; that of a step that was best until now goes.
  private func keepPayload() throws {
    guard let payloads else { return }
    let recipe = experiment.recipe
    try payloads.write(experiment.method.plan.payload(of: experiment.oracle.state.parameters), step: progress.step)
    payloads.remove { step in
      step == progress.step || step == progress.bestStep || recipe.payloadEvery.map { step % $0 == 0 } ?? false
    }
  }

  /// Evaluates on the development set, keeps the best; false where a signal came meanwhile.
  private func lookAtDev(_ name: String) throws -> Bool {
    let step = progress.step
    guard let scores = try evaluate(name, .dev) else { return false }
    let mean = scores.mean
    if step == 0 { progress.devBefore = mean.value }
    let isBest = progress.note(scores, higherIsBetter: experiment.higherIsBetter, at: step)
    if isBest, step > 0 { try experiment.export(to: folder.best) }
    let report = EvaluationReport(
      step: step, metric: experiment.metric, devScore: mean.value, devLoss: scores.loss, devExamples: mean.count,
      isBest: isBest)
    try metrics.append(.evaluation(report))
    observer(.evaluation(report))
    return true
  }

  /// The model as it came, on the development set: what progress is measured against, and inference's memory.
  private func measureBase() throws -> Bool {
    guard progress.step == 0 else { return true }
    memory.restart()
    if !experiment.data.dev.isEmpty {
      guard try lookAtDev("dev, before") else { return false }
    } else {
      // Something must be evaluated to know what inference takes: the first batch.
      _ = try experiment.oracle.logProbabilities(on: experiment.data.batches(step: 0, experiment.recipe)[0])
    }
    progress.inferencePeakBytes = memory.read()?.peak ?? 0
    return true
  }

  /// - Returns: nil where a signal came.
  /// - Throws: `TrainingError.diverged` where the losses are no numbers.
  func evaluate(_ name: String, _ part: ExamplePart) throws -> ExampleScores? {
    let scores: ExampleScores?, count = experiment.data[part].count
    do {
      scores = try experiment.evaluate(part) { done in
        observer(.evaluating(name, done: done, total: count))
        return !shouldStop()
      }
    } catch let error as TuningError where error.code == .nonFiniteLoss {
      throw diverged("\(name), after step \(progress.step): \(error.message)")
    }
    if let loss = scores?.loss, !loss.isFinite {
      throw diverged("\(name), after step \(progress.step): the loss is \(loss): lower the learning rate")
    }
    return scores
  }

  private func stop() throws -> Outcome {
    if checkpointedStep != progress.step { try checkpoint() }
    return .stopped(step: progress.step)
  }

  private func checkpoint() throws {
    progress.trainingPeakBytes = max(progress.trainingPeakBytes, memory.read()?.peak ?? 0)
    try ledger.synchronize()
    try experiment.saveCheckpoint(progress, in: folder)
    checkpointedStep = progress.step
    isCheckpointProven = false
    observer(.checkpoint(step: progress.step))
  }

  private func summary() -> RunSummary {
    let recipe = experiment.recipe, parameters = experiment.oracle.state.parameters
    return RunSummary(
      model: recipe.model.path, parameters: parameters.count, trainable: parameters.trainableCount,
      weightBytes: parameters.byteCount, scheme: recipe.scheme, optimizer: recipe.optimizer,
      cost: experiment.method.cost(of: parameters),
      payloadBytes: experiment.method.plan.payload(of: parameters).reduce(0) { $0 + $1.tensor.byteCount },
      forecast: forecast,
      train: experiment.data.train.count,
      dev: experiment.data.dev.count, test: experiment.data.test.count, startStep: progress.step, steps: recipe.steps,
      threads: recipe.threads.count, folder: folder.url.path)
  }
}

/// Seconds since it was made, by a clock that never jumps.
struct Stopwatch {
  private let start = ContinuousClock.now

  var seconds: Double {
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}
