import TensorCore

/// The loss oracle of a language model on this machine: losses at displacements that are read, never written.
public final class EagerOracle: LossOracle {
  public let model: any LanguageModel
  /// What is evaluated. Its tensors are shared with whoever moves them between questions.
  public var state: ModelState {
    didSet { (anatomy, remembered) = (nil, nil) }
  }
  public let objective: Objective
  public let threads: Threads
  public let workspace: Workspace
  public private(set) var queryCount = 0
  public private(set) var tokenCount = 0
  /// Blocks that ran forwards since the beginning: where displacements differ already, once for each of them. (Those of
  /// checkpoints that run a second time are not counted.)
  public private(set) var blockCount = 0
  private var anatomy: ModelAnatomy?
  private var remembered: RememberedForwards?

  /// Displacements evaluated side by side: a two-sided pair reads each weight and generates each direction once.
  static let lanesAtOnce = 2

  public init(model: any LanguageModel, state: ModelState, objective: Objective, threads: Threads = .available) {
    self.model = model
    self.state = state
    self.objective = objective
    self.threads = threads
    workspace = Workspace(isIdle: threads.isIdle)
  }

  public func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float] {
    let losses = try logProbabilities(at: displacements, on: batch).map { objective.loss($0, on: batch) }
    if let index = losses.firstIndex(where: { !$0.isFinite }) {
      throw TuningError(
        .nonFiniteLoss,
        "the loss is \(losses[index]) at displacement \(index) of \(losses.count): lower the learning rate or epsilon")
    }
    return losses
  }

  /// Log-probabilities of the batch's targets at each displacement.
  public func logProbabilities(
    at displacements: [Displacement] = [.none], on batch: PackedBatch
  ) throws -> [[Float]] {
    guard !batch.targets.isEmpty else { throw TuningError(.invalidBatch, "the batch is empty") }
    try model.validate(batch, in: state)
    guard let remembered, let index = remembered.index(of: batch) else {
      return evaluate(displacements, on: UndisplacedForward(self, batch, nil))
    }
    let forward = UndisplacedForward(self, batch, (remembered, index))
    let isClean = displacements.map { forward.firstStage(of: [$0]) == forward.stages.stageCount }
    var displaced = evaluate(zip(displacements, isClean).filter { !$1 }.map(\.0), on: forward)[...]
    return isClean.map { $0 ? forward.logProbabilities() : displaced.removeFirst() }
  }

  /// The displacements two by two, from the first stage on that reads any of a pair's displaced.
  private func evaluate(_ displacements: [Displacement], on forward: UndisplacedForward) -> [[Float]] {
    let stages = forward.stages
    count(queries: displacements.count, on: stages.batch)
    return stride(from: 0, to: displacements.count, by: EagerOracle.lanesAtOnce).flatMap { first in
      let group = Array(displacements[first..<min(displacements.count, first + EagerOracle.lanesAtOnce)])
      let start = forward.isKept ? forward.firstStage(of: group) : 0
      let input = start == 0 ? nil : forward.hidden(enteringStage: start)
      let evaluator = EagerEvaluator(threads: threads, displacements: group, workspace: workspace)
      let hidden = stages.hidden(
        enteringStage: stages.stageCount - 1, from: start, input, evaluator: evaluator
      ) { countBlock(enteringStage: $0, lanes: $1.lanes) }
      let result = stages.logProbabilities(hidden, evaluator: evaluator)
      return group.indices.map { Array(result.floats(lane: $0)) }
    }
  }

  /// Counts the block before `stage`.
  func countBlock(enteringStage stage: Int, lanes: Int) { if stage > 1 { blockCount += lanes } }

  /// The batch's forward at no displacement, for oracles that are made of this one: it goes on from what is remembered
  /// of it, and is remembered where that was asked for.
  public func undisplacedForward(on batch: PackedBatch) -> UndisplacedForward {
    UndisplacedForward(self, batch, remembered.flatMap { kept in kept.index(of: batch).map { (kept, $0) } })
  }

  /// Adds losses of `batch` to what was given: for oracles that are made of this one.
  public func count(queries: Int, on batch: PackedBatch) {
    queryCount += queries
    tokenCount += queries * batch.tokens.count
  }

  public func weight(of batch: PackedBatch) -> Double { objective.weight(of: batch) }

  public func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) {
    state.parameters.squaredNorm(of: direction, threads: threads)
  }

  // MARK: What a step's questions have in common

  /// Where each parameter is read.
  public func modelAnatomy() -> ModelAnatomy {
    if let anatomy { return anatomy }
    let anatomy = ModelAnatomy(of: model, state: state)
    self.anatomy = anatomy
    return anatomy
  }

  /// Keeps for each of `batches`, in this oracle's workspace, what enters the blocks at which `parts` begin (T · C · 4
  /// bytes each, at most L of them), and the loss.
  public func remember(_ batches: [PackedBatch], for parts: [Part]) {
    remembered = RememberedForwards(batches, parts: parts, anatomy: modelAnatomy())
  }

  public func parametersChanged(in paths: Set<ParameterPath>) { remembered?.parametersChanged(in: paths) }

  public func forget() { remembered = nil }
}
