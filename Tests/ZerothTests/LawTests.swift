import Evaluation
import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Training

/// A scheme and an optimizer, by name.
struct Pair: Sendable, CustomTestStringConvertible {
  var scheme: String
  var optimizer: String

  var testDescription: String { "\(scheme) + \(optimizer)" }
  var changes: [String: String] { ["scheme": scheme, "optimizer": optimizer] }

  /// All of the registry: a new plugin is held to the laws by being registered.
  static let all: [Pair] = {
    guard let components = try? Plugins.host().components else { return [] }
    return components.schemes.names.flatMap { scheme in
      components.optimizers.names.map { Pair(scheme: scheme, optimizer: $0) }
    }
  }()
}

/// The laws of ARCHITECTURE.md, section 8, for every scheme with every optimizer that a plugin registers.
@Suite(.workplace) struct LawTests {
  @Test func everyPluginOfTheProjectIsHere() throws {
    let host = try Plugins.host()
    #expect(host.loaded.map(\.name) == ["FullTuning", "LoRA", "ZO-SGD"])
    #expect(host.components.schemes.names == ["full", "lora"])
    #expect(host.components.optimizers.names == ["zo-sgd"])
    #expect(Pair.all.count == 2)
  }

  /// Asking at θ + Σ c z and moving by Σ c z, then asking at θ, are one thing up to the rounding of the sums.
  @Test(arguments: Pair.all, [NoiseLaw.gaussian, .gaussianFast, .rademacher])
  func scoredDirectionIsAppliedDirection(_ pair: Pair, law: NoiseLaw) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let batch = try experiment.data.batch(step: 0, experiment.recipe)
    let before = try experiment.oracle.losses(at: [.none], on: batch)[0]
    let seeds = experiment.recipe.seeds
    let terms = (0..<3).map { query in
      Term(
        [0.02, -0.013, 0.007][query],
        Direction(seed: seeds.seed(.direction, step: 1, query: query), law: law))
    }
    let scored = try experiment.oracle.losses(at: [Displacement(terms)], on: batch)[0]
    let opposite = try experiment.oracle.losses(
      at: [Displacement(terms.map { Term(-$0.coefficient, $0.direction) })], on: batch)[0]
    experiment.apply(Move(terms), step: 0)
    let applied = try experiment.oracle.losses(at: [.none], on: batch)[0]
    #expect(abs(scored - applied) <= 2e-5 * abs(applied), "\(scored) asked, \(applied) found, from \(before)")
    #expect(abs(applied - before) > 1e-4 * abs(applied), "the move changed nothing that could be compared")
    #expect(abs(opposite - applied) > 1e-4 * abs(applied), "the sign of the move does not matter")
  }

  @Test(arguments: Pair.all)
  func zeroLearningRateLeavesEveryBit(_ pair: Pair) throws {
    var changes = pair.changes.merging(["learning_rate": "0"]) { $1 }
    if pair.optimizer == "zo-sgd" { changes["zo-sgd.weight_decay"] = "0.1" }
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")), changes: changes)
    let experiment = try session.experiment(), before = experiment.fingerprint
    let parameters = TrainedParameters.hash(experiment.oracle.state.parameters)
    for step in 0..<3 { try experiment.take(step) }
    #expect(experiment.fingerprint == before)
    let result = try session.finish()
    #expect(result.finalParameters == parameters.hex)
    #expect(result.testChange.value == 0 && result.bestStep == 0)
  }

  @Test(arguments: Pair.all)
  func twoThreadsAreAsOne(_ pair: Pair) throws {
    let place = try Workplace()
    var traces: [Trace] = [], moves: [[Move]] = []
    for threads in [1, 2] {
      let session = Session(
        folder: RunFolder(place("threads-\(threads)")), changes: pair.changes.merging(["threads": "\(threads)"]) { $1 })
      var trace = try Trace(session.finish(), session.folder)
      // The bytes of the ledger begin with the recipe, threads among it: its moves are compared.
      trace.ledger = Data()
      traces.append(trace)
      moves.append(try LedgerReader(session.folder.ledger).moves)
    }
    #expect(traces[0] == traces[1])
    #expect(moves[0] == moves[1] && moves[0].count == 6)
  }

  /// Schemes leave what they freeze as it was, and what they attach is gone when it is detached.
  @Test(arguments: Pair.all)
  func frozenParametersKeepEveryBit(_ pair: Pair) throws {
    let changes = pair.changes.merging(["learning_rate": "1e-2"]) { $1 }
    let experiment = try Session(folder: RunFolder(Project.root), changes: changes).experiment()
    let base = try experiment.source.load().state.parameters
    let frozen = experiment.oracle.state.parameters.parameters.filter { !$0.isTrainable }.map(\.path)
    #expect(frozen.isEmpty == (pair.scheme == "full"))
    let before = experiment.fingerprint
    for step in 0..<3 { try experiment.take(step) }
    let after = experiment.fingerprint
    for parameter in experiment.oracle.state.parameters.parameters {
      #expect((before[parameter.path] != after[parameter.path]) == parameter.isTrainable, "\(parameter.path)")
    }
    experiment.scheme.detach(from: &experiment.oracle.state)
    #expect(experiment.oracle.state.parameters.paths == base.paths)
    #expect(experiment.oracle.state.adapters.isEmpty && experiment.oracle.state.parameters.trainableCount == 0)
    for path in frozen {
      #expect(experiment.oracle.state.parameters[path]?.tensor.fingerprint == base[path]?.tensor.fingerprint)
    }
  }

  @Test(arguments: Pair.all)
  func attachingAndDetachingIsTheIdentity(_ pair: Pair) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let source = experiment.source, seeds = experiment.recipe.seeds
    let plain = try source.load().state
    var state = plain
    try experiment.scheme.attach(to: &state, seeds: seeds)
    #expect(state.parameters.trainableCount > 0)
    // Before training an adapter changes nothing.
    let batch = try experiment.data.batch(step: 0, experiment.recipe)
    let losses = try [plain, state].map { state in
      experiment.oracle.state = state
      return try experiment.oracle.losses(at: [.none], on: batch)[0]
    }
    #expect(losses[0].bitPattern == losses[1].bitPattern)
    experiment.scheme.detach(from: &state)
    #expect(state.parameters.paths == plain.parameters.paths && state.adapters.isEmpty)
    #expect(state.parameters.trainableCount == 0)
    #expect(
      state.parameters.parameters.map(\.tensor.fingerprint) == plain.parameters.parameters.map(\.tensor.fingerprint))
  }

  @Test(arguments: Pair.all)
  func mergedIsAdaptedWithinTolerance(_ pair: Pair) throws {
    let changes = pair.changes.merging(["learning_rate": "1e-2"]) { $1 }
    let experiment = try Session(folder: RunFolder(Project.root), changes: changes).experiment()
    for step in 0..<3 { try experiment.take(step) }
    let batch = try experiment.data.batch(step: 0, experiment.recipe)
    let adapted = try experiment.oracle.logProbabilities(on: batch)[0]
    try experiment.scheme.merge(into: &experiment.oracle.state)
    #expect(experiment.oracle.state.adapters.isEmpty)
    let merged = try experiment.oracle.logProbabilities(on: batch)[0]
    for (a, b) in zip(adapted, merged) { #expect(abs(a - b) <= 1e-4 * max(1, abs(a))) }
  }

  @Test(arguments: Pair.all)
  func askingAndEvaluatingLeaveEveryBit(_ pair: Pair) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let before = experiment.fingerprint
    #expect(try CandidateRanking.evaluate(experiment.data.dev, oracle: experiment.oracle)?.predictions.count == 8)
    _ = try experiment.ask(0)
    #expect(experiment.fingerprint == before)
  }

  /// ZO-SGD declares nothing between steps and two losses a step; the loop counts what was asked.
  @Test(arguments: Pair.all)
  func declaredCostIsWhatIsMeasured(_ pair: Pair) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let cost = experiment.optimizer.cost(trainableCount: experiment.oracle.state.parameters.trainableCount)
    let asked = experiment.oracle.queryCount
    _ = try experiment.ask(0)
    #expect(experiment.oracle.queryCount - asked == cost.queriesPerStep)
    if pair.optimizer == "zo-sgd" {
      #expect(cost.stateBytes == 0 && MemoryLayout.size(ofValue: experiment.optimizer) <= 64)
    }
  }
}

extension Experiment {
  /// The outcome of a step that is not taken.
  fileprivate func ask(_ step: Int) throws -> StepOutcome {
    let context = StepContext(step: step, learningRate: recipe.learningRate.rate(at: step), seeds: recipe.seeds)
    return try optimizer.step(context, on: data.batch(step: step, recipe), oracle: oracle)
  }

  fileprivate func take(_ step: Int) throws { apply(try ask(step).move, step: step) }
}
