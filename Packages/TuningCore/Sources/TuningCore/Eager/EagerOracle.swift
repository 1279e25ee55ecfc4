import TensorCore

/// The loss oracle of a language model on this machine: losses at displacements that are read, never written.
public final class EagerOracle: LossOracle {
  public let model: any LanguageModel
  /// What is evaluated. Its tensors are shared with whoever moves them between questions.
  public var state: ModelState
  public let objective: Objective
  public let threads: Threads
  public let workspace = Workspace()
  public private(set) var queryCount = 0
  public private(set) var tokenCount = 0

  /// Displacements evaluated side by side: a two-sided pair reads each weight and generates each direction once.
  static let lanesAtOnce = 2

  public init(model: any LanguageModel, state: ModelState, objective: Objective, threads: Threads = .available) {
    self.model = model
    self.state = state
    self.objective = objective
    self.threads = threads
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
    count(queries: displacements.count, on: batch)
    return stride(from: 0, to: displacements.count, by: EagerOracle.lanesAtOnce).flatMap { first in
      let group = Array(displacements[first..<min(displacements.count, first + EagerOracle.lanesAtOnce)])
      let evaluator = EagerEvaluator(threads: threads, displacements: group, workspace: workspace)
      let result = model.logProbabilities(of: batch, state: state, evaluator: evaluator)
      return group.indices.map { Array(result.floats(lane: $0)) }
    }
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
}
