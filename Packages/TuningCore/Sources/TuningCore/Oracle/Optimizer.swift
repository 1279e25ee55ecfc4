import TensorCore

/// What a step knows besides its batch.
public struct StepContext: Sendable {
  /// From 0.
  public var step: Int
  /// η of this step: the schedule has been applied.
  public var learningRate: Float
  public var seeds: SeedSequence

  /// The direction of one query of this step.
  public func direction(query: Int, law: NoiseLaw) -> Direction {
    Direction(seed: seeds.seed(.direction, step: step, query: query), law: law)
  }

  public init(step: Int, learningRate: Float, seeds: SeedSequence) {
    self.step = step
    self.learningRate = learningRate
    self.seeds = seeds
  }
}

/// What came of a step: the caller applies the move and records it.
public struct StepOutcome: Sendable {
  /// A loss of the batch in nats, for the progress line; each optimizer says which.
  public var loss: Float
  public var move: Move

  public init(loss: Float, move: Move) {
    self.loss = loss
    self.move = move
  }
}

/// What an optimizer takes for each step and keeps between steps.
public struct OptimizerCost: Sendable, Codable, Equatable {
  /// Losses asked of the oracle a step.
  public var queriesPerStep: Int
  /// Bytes kept between steps.
  public var stateBytes: Int

  public init(queriesPerStep: Int, stateBytes: Int) {
    self.queriesPerStep = queriesPerStep
    self.stateBytes = stateBytes
  }
}

/// A plugin kind: drives one step. It asks the oracle and returns a move; it never touches a parameter.
public protocol Optimizer {
  /// The law of the directions in its moves, whose seeds are those of (`.direction`, step, query): the run's ledger
  /// states both once and then holds one coefficient a query.
  var directionLaw: NoiseLaw { get }

  /// - Parameter trainableCount: number of scalars that train.
  func cost(trainableCount: Int) -> OptimizerCost

  mutating func step(_ context: StepContext, on batch: PackedBatch, oracle: any LossOracle) throws -> StepOutcome
}
