import Bundles
import Foundation

@testable import Benchmarks
@testable import Training

/// Runs that never are: what they would leave in their folders is written by a script.
final class ScriptedExecutor: RunExecutor {
  /// What a run does.
  struct Script {
    /// Dev accuracy after a step.
    var accuracy: (Int) -> Double = { _ in 0.5 }
    /// The step after which there are no numbers.
    var divergesAfter: Int?
    /// Ends with this, before it has done anything.
    var fails: String?
    /// Stops at a checkpoint after so many steps, as a signal would make it.
    var stopsAfter: Int?
    var secondsPerStep = 0.25
    /// Polls that it stays under way.
    var polls = 1
    /// Polls from when it has written everything until it has ended.
    var lingers = 0
  }

  private let script: (RunOrder) -> Script
  private(set) var orders: [RunOrder] = []
  private(set) var atOnce = 0
  private var underWay = 0

  init(_ script: @escaping (RunOrder) -> Script = { _ in Script() }) { self.script = script }

  var names: [String] { orders.map(\.name) }

  func start(_ order: RunOrder) throws -> any RunningRun {
    orders.append(order)
    underWay += 1
    atOnce = max(atOnce, underWay)
    return Scripted(order, script(order)) { [self] in underWay -= 1 }
  }

  final class Scripted: RunningRun {
    private let order: RunOrder
    private let script: Script
    private let ended: () -> Void
    private var polls = 0
    private var lingered = 0
    private var isAsked = false
    private var outcome: RunEnding?

    init(_ order: RunOrder, _ script: Script, ended: @escaping () -> Void) {
      self.order = order
      self.script = script
      self.ended = ended
    }

    func interrupt() { isAsked = true }

    func ending() -> RunEnding? {
      if outcome == nil {
        polls += 1
        guard polls > script.polls || isAsked else { return nil }
        do { outcome = try play() } catch { outcome = .failed("\(error)") }
      }
      lingered += 1
      guard lingered > script.lingers else { return nil }
      if lingered == script.lingers + 1 { ended() }
      return outcome
    }

    private func play() throws -> RunEnding {
      if let message = script.fails { return .failed(message) }
      let folder = order.folder, recipe = order.recipe
      try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
      try AtomicFile.write(Data(recipe.yaml.utf8), to: folder.recipe)
      let already = folder.log.steps.last?.step ?? 0
      let last = [order.stopAfter, script.stopsAfter, isAsked ? already + 1 : nil, script.divergesAfter]
        .compactMap { $0 }.reduce(recipe.steps, min)
      var lines = (try? String(contentsOf: folder.metrics, encoding: .utf8)) ?? ""
      for step in stride(from: already + 1, through: last, by: 1) {
        lines += report(step, of: recipe.steps)
        if step == recipe.steps || recipe.evaluateEvery.map({ step % $0 == 0 }) == true {
          lines += Self.look(step, script.accuracy(step))
        }
      }
      try AtomicFile.write(Data(lines.utf8), to: folder.metrics)
      if last == script.divergesAfter, last < order.stopAfter ?? recipe.steps {
        let text = "{\"step\": \(last), \"message\": \"step \(last + 1): the loss is nan\"}"
        try AtomicFile.write(Data(text.utf8), to: folder.url.appending(path: "diverged.json"))
        return .failed("step \(last + 1): the loss is nan")
      }
      guard last == recipe.steps else { return .stopped }
      try AtomicFile.write(JSONEncoder().encode(Self.result(recipe)), to: folder.result)
      return .finished
    }

    private func report(_ step: Int, of steps: Int) -> String {
      Self.line(
        StepReport(
          step: step, steps: steps, loss: 1, learningRate: 1, coefficients: [], work: Work(),
          seconds: script.secondsPerStep * Double(step), tokensPerSecond: 1, secondsLeft: 1, peakBytes: 1))
    }

    private static func line(_ value: some Encodable) -> String {
      (try? String(decoding: JSONEncoder().encode(value), as: UTF8.self) + "\n") ?? ""
    }

    private static func look(_ step: Int, _ accuracy: Double) -> String {
      line(
        EvaluationReport(
          step: step, metric: .accuracy, devScore: accuracy, devLoss: 1, devExamples: 10, isBest: false))
    }

    private static func result(_ recipe: ResolvedRecipe) throws -> RunResult {
      let share = "{\"value\": 0.5, \"low\": 0.4, \"high\": 0.6, \"count\": 10}"
      let text = """
        {"recipeIdentity": "\(recipe.identity.hex)", "steps": \(recipe.steps), "bestStep": 1, "metric": "accuracy", "higherIsBetter": true, "devBefore": 0.1,
         "devBest": 0.5, "testBefore": \(share), "testAfter": \(share), "testChange": \(share),
         "work": {"forwardPasses": 1, "backwardPasses": 0, "tangents": 0, "tokens": 1}, "seconds": 1,
         "trainingSeconds": 1, "inferencePeakBytes": 1, "trainingPeakBytes": 1, "finalParameters": "0",
         "testPredictions": [], "trainable": 1,
         "forecast": {"weightBytes": 1, "activationBytes": 0, "scratchBytes": 0, "gradientBytes": 0, "stateBytes": 0}, "testScores": [], "kernels": "none", "version": "0"}
        """
      return try JSONDecoder().decode(RunResult.self, from: Data(text.utf8))
    }
  }
}
