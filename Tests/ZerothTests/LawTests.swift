import Evaluation
import Foundation
import TensorCore
import Testing
import Transformers
import TuningCore

@testable import Training

/// A scheme and an optimizer, by name.
struct Pair: Sendable, CustomTestStringConvertible {
  var scheme: String
  var optimizer: String

  var testDescription: String { "\(scheme) + \(optimizer)" }

  var changes: [String: String] {
    ["scheme": scheme, "optimizer": optimizer, "model": Project.smallModel.path]
  }

  /// With those of `options` that the optimizer takes.
  func changes(_ options: [String: String]) throws -> [String: String] {
    let taken = try Plugins.host().components.optimizers.entry(optimizer).description.options.map(\.name)
    return options.filter { taken.contains($0.key) }.reduce(into: changes) { $0["\(optimizer).\($1.key)"] = $1.value }
  }

  /// Whether the ledger of a run holds all that happened.
  func isReplayable() throws -> Bool {
    try Plugins.host().components.optimizers.make(optimizer).cost(trainableCount: 1).gradientsPerStep == 0
  }

  /// Of the registry: a new plugin is held to the laws by being registered.
  static let all: [Pair] = {
    guard let components = try? Plugins.host().components else { return [] }
    let (schemes, optimizers) = (components.schemes.names, components.optimizers.names)
    // Every optimizer where the model's own and where added parameters train; every scheme with an optimizer of either
    // order.
    return schemes.flatMap { scheme in
      optimizers.filter { ["full", "lora"].contains(scheme) || ["zo-sgd", "fo-adamw"].contains($0) }
        .map { Pair(scheme: scheme, optimizer: $0) }
    }
  }()
}

/// The laws of ARCHITECTURE.md, section 8, for every scheme with every optimizer that a plugin registers.
@Suite(.workplace) struct LawTests {
  @Test func everyPluginOfTheProjectIsHere() throws {
    let components = try Plugins.host().components
    #expect(components.names.count >= Plugins.names.count && Plugins.names.count > 10)
    #expect(Set(components.names).count == components.names.count)
    #expect(components.schemes.names.contains("full") && components.optimizers.names.contains("zo-sgd"))
    #expect(Set(Pair.all.map(\.optimizer)) == Set(components.optimizers.names))
    #expect(Set(Pair.all.map(\.scheme)) == Set(components.schemes.names))
  }

  /// Asking at θ + Σ c z and moving by Σ c z, then asking at θ, are one thing up to the rounding of the sums.
  @Test(arguments: Pair.all, [NoiseLaw.gaussian, .gaussianFast, .rademacher])
  func scoredDirectionIsAppliedDirection(_ pair: Pair, law: NoiseLaw) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let batch = try experiment.data.batches(step: 0, experiment.recipe)[0]
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
    experiment.apply(.move(Move(terms)), step: 0)
    let applied = try experiment.oracle.losses(at: [.none], on: batch)[0]
    #expect(abs(scored - applied) <= 2e-5 * abs(applied), "\(scored) asked, \(applied) found, from \(before)")
    #expect(abs(applied - before) > 1e-4 * abs(applied), "the move changed nothing that could be compared")
    #expect(abs(opposite - applied) > 1e-4 * abs(applied), "the sign of the move does not matter")
  }

  @Test(arguments: Pair.all)
  func zeroLearningRateLeavesEveryBit(_ pair: Pair) throws {
    var changes = try pair.changes(["weight_decay": "0.1"])
    changes["learning_rate"] = "0"
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")), changes: changes)
    let experiment = try session.experiment(), before = experiment.fingerprint
    let parameters = TrainedParameters.hash(experiment.oracle.state.parameters)
    for step in 0..<3 { try experiment.take(step) }
    #expect(experiment.fingerprint == before)
    let result = try session.finish()
    #expect(result.finalParameters == parameters.hex)
    #expect(result.bestStep == 0)
    // The model as it came has no scheme.
    #expect(result.testChange.value == 0 || !experiment.scheme.startsAsIdentity)
  }

  @Test(arguments: Pair.all)
  func twoThreadsAreAsOne(_ pair: Pair) throws {
    let place = try Workplace()
    var traces: [Trace] = [], updates: [[ParameterUpdate]] = []
    for threads in [1, 2] {
      let session = Session(
        folder: RunFolder(place("threads-\(threads)")), changes: pair.changes.merging(["threads": "\(threads)"]) { $1 })
      var trace = try Trace(session.finish(), session.folder)
      // The bytes of the ledger begin with the recipe, threads among it, and payloads name the ledger: its updates and the
      // numbers of these are compared.
      trace.ledger = Data()
      for name in trace.files.keys where name.hasPrefix("payload") {
        let file = try SafetensorsFile(session.folder.url.appending(path: name))
        trace.files[name] = file.metadata["sha256"].map { Data($0.utf8) }
      }
      traces.append(trace)
      if try pair.isReplayable() { updates.append(try LedgerReader(session.folder.ledger).updates) }
    }
    #expect(traces[0] == traces[1])
    #expect(updates.allSatisfy { $0 == updates[0] && $0.count == 6 })
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
    #expect(experiment.oracle.state.isPlain && experiment.oracle.state.parameters.trainableCount == 0)
    for path in frozen {
      #expect(experiment.oracle.state.parameters[path]?.tensor.fingerprint == base[path]?.tensor.fingerprint)
    }
  }

  @Test(arguments: Pair.all)
  func attachingAndDetachingIsTheIdentity(_ pair: Pair) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let source = experiment.source, seeds = experiment.recipe.seeds
    let plain = try source.load().state, model = experiment.oracle.model
    var state = plain
    try experiment.scheme.attach(to: &state, of: model, seeds: seeds)
    // What trains is what was announced, of shapes alone too.
    let trainable = state.parameters.trainable.map { TrainableShape($0.path, $0.tensor.shape) }
    #expect(!trainable.isEmpty)
    #expect(try experiment.scheme.trainable(of: model, parameters: plain.parameters) == trainable)
    #expect(
      try experiment.scheme.trainable(of: model, parameters: experiment.configuration.shapes()) == trainable)
    // Before training an adapter changes nothing, unless it says that it does.
    let batch = try experiment.data.batches(step: 0, experiment.recipe)[0]
    let losses = try [plain, state].map { state in
      experiment.oracle.state = state
      return try experiment.oracle.losses(at: [.none], on: batch)[0]
    }
    #expect((losses[0].bitPattern == losses[1].bitPattern) == experiment.scheme.startsAsIdentity)
    experiment.scheme.detach(from: &state)
    #expect(state.parameters.paths == plain.parameters.paths && state.isPlain)
    #expect(state.parameters.trainableCount == 0)
    #expect(
      state.parameters.parameters.map(\.tensor.fingerprint) == plain.parameters.parameters.map(\.tensor.fingerprint))
  }

  @Test(arguments: Pair.all)
  func mergedIsAdaptedWithinTolerance(_ pair: Pair) throws {
    let changes = pair.changes.merging(["learning_rate": "1e-2"]) { $1 }
    let experiment = try Session(folder: RunFolder(Project.root), changes: changes).experiment()
    for step in 0..<3 { try experiment.take(step) }
    let batch = try experiment.data.batches(step: 0, experiment.recipe)[0]
    let adapted = try experiment.oracle.logProbabilities(on: batch)[0]
    do {
      try experiment.scheme.merge(into: &experiment.oracle.state)
    } catch let error as TuningError where error.code == .notApplicable {
      // A scheme that has no merged form says so and changes nothing.
      #expect(try experiment.oracle.logProbabilities(on: batch)[0] == adapted)
      #expect(!experiment.scheme.startsAsIdentity && experiment.oracle.state.parameters.trainableCount > 0)
      return
    }
    #expect(experiment.oracle.state.isPlain)
    let merged = try experiment.oracle.logProbabilities(on: batch)[0]
    for (a, b) in zip(adapted, merged) { #expect(abs(a - b) <= 1e-4 * max(1, abs(a))) }
  }

  /// What is written for others is what is taken up again, and nothing of it is missing.
  @Test(arguments: Pair.all)
  func exportedIsTakenUp(_ pair: Pair) throws {
    let changes = pair.changes.merging(["learning_rate": "1e-2"]) { $1 }
    let experiment = try Session(folder: RunFolder(Project.root), changes: changes).experiment()
    let begun = TrainedParameters.hash(experiment.oracle.state.parameters)
    for step in 0..<2 { try experiment.take(step) }
    let trained = TrainedParameters.hash(experiment.oracle.state.parameters), place = try Workplace()
    try experiment.export(to: place("exported"))
    try experiment.reload(attached: true)
    #expect(TrainedParameters.hash(experiment.oracle.state.parameters) == begun)
    try experiment.load(from: place("exported"))
    #expect(TrainedParameters.hash(experiment.oracle.state.parameters) == trained && trained != begun)
  }

  @Test(arguments: Pair.all)
  func askingAndEvaluatingLeaveEveryBit(_ pair: Pair) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let before = experiment.fingerprint
    #expect(try CandidateRanking.evaluate(experiment.data.dev, oracle: experiment.oracle)?.predictions.count == 8)
    _ = try experiment.ask(0)
    #expect(experiment.fingerprint == before)
  }

  /// What an optimizer declares is what it asks and keeps.
  @Test(arguments: Pair.all)
  func declaredCostIsWhatIsMeasured(_ pair: Pair) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: pair.changes).experiment()
    let cost = experiment.method.cost(of: experiment.oracle.state.parameters)
    for step in 0..<2 {
      let before = Work(experiment.exact)
      try experiment.take(step)
      let asked = Work(experiment.exact) - before
      #expect(asked.forwardPasses == cost.queriesPerStep && asked.backwardPasses == cost.gradientsPerStep)
      #expect(asked.tangents == cost.slopesPerStep)
    }
    #expect(experiment.method.state(of: 0).byteCount == cost.stateBytes)
  }

  /// A step of several batches asks of each what it would ask of one batch of all, and sees the same losses.
  @Test(arguments: Pair.all)
  func accumulatedIsAsOneBatch(_ pair: Pair) throws {
    let steps = try [["batch_size": "4"], ["batch_size": "3", "gradient_accumulation": "2"]].map { sizes in
      let changes = pair.changes.merging(["train_examples": "4"]) { $1 }.merging(sizes) { $1 }
      let experiment = try Session(folder: RunFolder(Project.root), changes: changes).experiment()
      return (try experiment.ask(0), experiment.oracle)
    }
    if case .descent(.gradient(let whole, _), _) = steps[0].0.update,
      case .descent(.gradient(let parts, _), _) = steps[1].0.update
    {
      let difference = whole.tensors.reduce(0.0) { sum, entry in
        zip(entry.value.values, parts.tensors[entry.key]!.values).reduce(sum) {
          $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
        }
      }
      #expect(difference.squareRoot() <= 1e-5 * whole.norm())
    }
    let (whole, parts) = (steps[0].0, steps[1].0)
    #expect(abs(whole.loss - parts.loss) <= 1e-5 * abs(whole.loss))
    #expect(whole.update.terms.map(\.direction) == parts.update.terms.map(\.direction))
    #expect(steps[1].1.queryCount == 2 * steps[0].1.queryCount)
    #expect(steps[1].1.tokenCount == steps[0].1.tokenCount)
  }

  /// With its state, wherever a run is stopped; whoever has none has no file for it.
  @Test(arguments: Pair.all)
  func stoppedAndResumedIsUnbroken(_ pair: Pair) throws {
    let place = try Workplace()
    let unbroken = Session(folder: RunFolder(place("unbroken")), changes: pair.changes)
    let expected = try Trace(unbroken.finish(), unbroken.folder)
    let broken = Session(folder: RunFolder(place("broken")), changes: pair.changes)
    for step in [1, 4] {
      guard case .stopped(step) = try broken.run(resume: step > 1, stop: { $0.steps == step }) else {
        Issue.record("the run did not stop")
        return
      }
    }
    let state = broken.folder.checkpoint(step: 4).appending(path: "optimizer.safetensors")
    let kept = try broken.experiment().method.state(of: 0).byteCount
    #expect(FileManager.default.fileExists(atPath: state.path) == (kept > 0))
    #expect(try Trace(broken.finish(resume: true), broken.folder) == expected)
  }
}

/// What the estimates of registered optimizers tend to.
@Suite struct EstimateLawTests {
  /// ½ Σ hᵢ θᵢ² + Σ bᵢ θᵢ of one parameter.
  private final class QuadraticOracle: GradientOracle {
    let parameters: ParameterSet
    private let curvatures: [Double] = [2, 1, 0.5, 1.5], slopes: [Double] = [0.25, -1, 2, 0.5]
    private(set) var queryCount = 0, gradientCount = 0, slopeCount = 0
    let tokenCount = 0

    init() throws {
      var parameters = ParameterSet()
      let tensor = try Tensor([0.5, 1.5, -1, 0.25], shape: [4])
      parameters.append(Parameter(path: "theta", tensor: tensor, role: .linear, isTrainable: true))
      self.parameters = parameters
    }

    var gradient: [Double] {
      zip(parameters.parameters[0].tensor.values, zip(curvatures, slopes)).map { Double($0) * $1.0 + $1.1 }
    }

    func elements(of direction: Direction) -> [Double] {
      var z = [Float](repeating: 0, count: 4)
      z.withUnsafeMutableBufferPointer { direction.fill($0, of: "theta", start: 0) }
      return z.map(Double.init)
    }

    func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float] {
      queryCount += displacements.count
      return displacements.map { displacement in
        var theta = parameters.parameters[0].tensor.values.map(Double.init)
        for term in displacement.terms {
          for (i, z) in elements(of: term.direction).enumerated() { theta[i] += Double(term.coefficient) * z }
        }
        return Float(theta.indices.reduce(0) { $0 + theta[$1] * (curvatures[$1] * theta[$1] / 2 + slopes[$1]) })
      }
    }

    func weight(of batch: PackedBatch) -> Double { 1 }

    func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) {
      parameters.squaredNorm(of: direction, threads: Threads(1))
    }

    func gradient(on batches: [PackedBatch], in support: Support) throws -> Gradient {
      gradientCount += 1
      let loss = try losses(at: [.none], on: batches)[0]
      return Gradient(loss: loss, tensors: ["theta": try Tensor(gradient.map { Float($0) }, shape: [4])])
    }

    func directionalDerivatives(
      along directions: [Direction], on batch: PackedBatch
    ) throws -> (loss: Float, slopes: [Float]) {
      slopeCount += directions.count
      let slopes = directions.map { direction in
        Float(zip(gradient, elements(of: direction)).reduce(0) { $0 + $1.0 * $1.1 })
      }
      return (try losses(at: [.none], on: batch)[0], slopes)
    }
  }

  /// Within 4.5 standard errors of the sample.
  @Test(arguments: (try? Plugins.host().components.optimizers.names) ?? [])
  func theMeanEstimateOnAQuadraticIsTheGradient(_ name: String) throws {
    let entry = try Plugins.host().components.optimizers.entry(name)
    // Nothing may shorten what is measured.
    let isClipping = entry.description.options.contains { $0.name == "max_grad_norm" }
    var optimizer = try Plugins.host().components.optimizers.make(
      name, options: isClipping ? ["max_grad_norm": .number(0)] : [:])
    let oracle = try QuadraticOracle(), steps = 3000, rate: Float = 1e-4
    var sums = [Double](repeating: 0, count: 4), squares = sums
    for step in 0..<steps {
      let context = StepContext(step: step, learningRate: rate, seeds: SeedSequence(runSeed: 3))
      let update = try optimizer.step(context, on: [PackedBatch([])], oracle: oracle).update
      // A move is the estimate times −η.
      let scale = if case .move = update { -1 / Double(rate) } else { 1.0 }
      var estimate = [Double](repeating: 0, count: 4)
      if case .descent(.gradient(let exact, let share), _) = update {
        estimate = exact.tensors["theta"]!.values.map { Double(share * $0) }
      }
      for term in update.terms {
        for (i, z) in oracle.elements(of: term.direction).enumerated() {
          estimate[i] += scale * Double(term.coefficient) * z
        }
      }
      for i in estimate.indices {
        sums[i] += estimate[i]
        squares[i] += estimate[i] * estimate[i]
      }
    }
    for (i, gradient) in oracle.gradient.enumerated() {
      let mean = sums[i] / Double(steps), variance = squares[i] / Double(steps) - mean * mean
      let error = 4.5 * (max(0, variance) / Double(steps)).squareRoot() + 1e-6 * abs(gradient)
      #expect(abs(mean - gradient) < error, "\(mean), not \(gradient)")
    }
  }
}

extension Experiment {
  /// The outcome of a step that is not taken.
  fileprivate func ask(_ step: Int) throws -> StepOutcome {
    var method = method
    let outcome = try method.step(
      step, on: data.batches(step: step, recipe), oracle: exact, record: { _ in }, apply: { _, _ in })
    return StepOutcome(loss: outcome.loss, update: outcome.updates[0])
  }

  fileprivate func take(_ step: Int) throws { _ = try advance(step: step) }
}
