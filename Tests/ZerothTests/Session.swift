import Bundles
import Evaluation
import Foundation
import Testing
import TensorCore
import TuningCore

@testable import Training

/// One training session through the API, with what it left in its folder.
struct Session {
  let folder: RunFolder
  var changes: [String: String] = [:]
  var plugins: [String] { ["tests"] }

  /// What happened so far; a stop may depend on it.
  final class Witness {
    var steps = 0
    var evaluating = ""
    var evaluations = 0
    var peak = 0
  }

  func experiment() throws -> Experiment {
    let components = try Plugins.host().components
    return try Experiment(TinyRecipe.resolved(changes, components: components), components: components)
  }

  /// - Parameter stop: asked where the loop asks.
  @discardableResult
  func run(
    resume: Bool = false, on experiment: Experiment? = nil, stop: (Witness) -> Bool = { _ in false }
  ) throws -> TrainingLoop.Outcome {
    try withoutActuallyEscaping(stop) { stop in
      let witness = Witness()
      let loop = try TrainingLoop(
        experiment ?? self.experiment(), folder: folder, resume: resume, plugins: plugins,
        observer: { event in
          switch event {
          case .step(let report): witness.steps = report.step
          case .evaluating(let name, _, _): witness.evaluating = name
          case .evaluation:
            witness.evaluations += 1
            witness.evaluating = ""
          default: break
          }
        }, shouldStop: { stop(witness) })
      return try loop.run()
    }
  }

  /// The result of a session that must come to its end.
  func finish(resume: Bool = false) throws -> RunResult {
    guard case .finished(let result) = try run(resume: resume) else {
      throw TrainingError(.invalidInput, "the run stopped")
    }
    return result
  }
}

/// What two runs must agree in, however they were interrupted.
struct Trace: Equatable {
  var finalParameters: String
  var predictions: [ExampleScores.Prediction]
  var bestStep: Int
  var counts: [Int]
  var ledger: Data
  var metrics: [String]
  /// By name, of the best parameters and of the payloads.
  var files: [String: Data]

  init(_ result: RunResult, _ folder: RunFolder) throws {
    finalParameters = result.finalParameters
    predictions = result.testPredictions
    bestStep = result.bestStep
    counts = [result.work.forwardPasses, result.work.tokens, result.steps]
    ledger = try Data(contentsOf: folder.ledger)
    metrics = try Trace.metrics(folder)
    files = [:]
    let manager = FileManager.default
    let best = try manager.contentsOfDirectory(atPath: folder.best.path).map { "best/\($0)" }
    let payloads = try manager.contentsOfDirectory(atPath: folder.url.path).filter { $0.hasPrefix("payload") }
    for name in best + payloads { files[name] = try Data(contentsOf: folder.url.appending(path: name)) }
  }

  /// The lines without what depends on the clock and the process.
  static func metrics(_ folder: RunFolder) throws -> [String] {
    try String(contentsOf: folder.metrics, encoding: .utf8).split(separator: "\n").map { line in
      var values = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for key in ["seconds", "tokensPerSecond", "secondsLeft", "peakBytes"] { values[key] = nil }
      return String(
        decoding: try JSONSerialization.data(withJSONObject: values, options: .sortedKeys), as: UTF8.self)
    }
  }
}

extension Experiment {
  /// SHA-256 of every parameter, trainable or not.
  var fingerprint: [ParameterPath: String] {
    Dictionary(
      uniqueKeysWithValues: oracle.state.parameters.parameters.map { ($0.path, $0.tensor.fingerprint) })
  }
}

extension LedgerReader {
  var updates: [ParameterUpdate] {
    get throws {
      var all: [ParameterUpdate] = []
      try forEachStep { _, updates in all += updates }
      return all
    }
  }
}

extension Tensor {
  var fingerprint: String {
    ContentHash(of: Data(bytes: bytes, count: byteCount)).hex
  }
}
