import TensorCore

/// What a step knows besides its batch.
public struct StepContext: Sendable {
  /// From 0.
  public var step: Int
  /// η of this step: the schedule has been applied.
  public var learningRate: Float
  public var seeds: SeedSequence
  /// What the step may move. A step that treats parts of the parameters one after the other is a call for each part.
  public var support: Support
  /// Queries that the step's earlier parts have asked: parts have directions of their own.
  public var firstQuery: Int

  /// The direction of one query of this call.
  public func direction(query: Int, law: NoiseLaw) -> Direction {
    Direction(seed: seeds.seed(.direction, step: step, query: firstQuery + query), law: law, support: support)
  }

  public init(
    step: Int, learningRate: Float, seeds: SeedSequence, support: Support = .everything, firstQuery: Int = 0
  ) {
    self.step = step
    self.learningRate = learningRate
    self.seeds = seeds
    self.support = support
    self.firstQuery = firstQuery
  }
}

/// What came of a step: the caller records the update and applies it.
public struct StepOutcome: Sendable {
  /// A loss of the batch in nats, for the progress line; each optimizer says which.
  public var loss: Float
  public var update: ParameterUpdate

  public init(loss: Float, update: ParameterUpdate) {
    self.loss = loss
    self.update = update
  }

  public init(loss: Float, move: Move) { self.init(loss: loss, update: .move(move)) }
}

/// What an optimizer takes for each step and keeps between steps.
public struct OptimizerCost: Sendable, Codable, Equatable {
  /// Losses asked of the oracle a step, of each of its batches; those that come with derivatives are among them.
  public var queriesPerStep: Int
  /// Exact gradients of a step, of each of its batches: the work of about two losses more, and the activations of a
  /// forward held.
  public var gradientsPerStep: Int
  /// Exact directional derivatives of a step, of each of its batches: the work of one to two losses more each.
  public var slopesPerStep: Int
  /// Bytes of a gradient, while a step lasts.
  public var gradientBytes: Int
  /// Bytes kept between steps.
  public var stateBytes: Int
  /// Earlier steps whose directions are generated once more in every step, because no state is kept of them: each takes
  /// about the time of an update.
  public var replayedSteps: Int

  public init(
    queriesPerStep: Int, gradientsPerStep: Int = 0, slopesPerStep: Int = 0, gradientBytes: Int = 0, stateBytes: Int,
    replayedSteps: Int = 0
  ) {
    self.queriesPerStep = queriesPerStep
    self.gradientsPerStep = gradientsPerStep
    self.slopesPerStep = slopesPerStep
    self.gradientBytes = gradientBytes
    self.stateBytes = stateBytes
    self.replayedSteps = replayedSteps
  }

  /// Of losses alone, with the state of `rule`.
  public init(queriesPerStep: Int, rule: (any UpdateRule)?, trainableCount: Int) {
    self.init(queriesPerStep: queriesPerStep, stateBytes: Self.stateBytes(of: rule, trainableCount: trainableCount))
  }

  /// 4 bytes a trainable scalar and name.
  public static func stateBytes(of rule: (any UpdateRule)?, trainableCount: Int) -> Int {
    4 * (rule?.stateNames.count ?? 0) * trainableCount
  }
}

/// A plugin kind: drives one step. It asks the oracle and returns an update; it never touches a parameter.
public protocol Optimizer {
  /// The law of the directions in its updates, whose seeds are those of (`.direction`, step, query): the run's ledger
  /// states both once and then holds one coefficient a query. Of no matter where updates have no directions.
  var directionLaw: NoiseLaw { get }

  /// What its estimates are applied by; nil: its updates are moves. One optimizer has one kind of update.
  var rule: (any UpdateRule)? { get }

  /// - Parameter trainableCount: number of scalars that train.
  func cost(trainableCount: Int) -> OptimizerCost

  /// - Parameter batches: the step's examples; more than one where they are not to be in memory at once.
  mutating func step(_ context: StepContext, on batches: [PackedBatch], oracle: any LossOracle) throws -> StepOutcome
}

extension Optimizer {
  public var directionLaw: NoiseLaw { .gaussian }
  public var rule: (any UpdateRule)? { nil }
}
