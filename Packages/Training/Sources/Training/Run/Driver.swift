import TensorCore
import TuningCore

/// One of a run's optimizers, with what it keeps between steps and its learning rate.
struct Driver {
  let name: String
  private(set) var optimizer: any Optimizer
  let state: OptimizerState
  let learningRate: LearningRateSchedule

  /// - Parameter support: everything that it moves.
  /// - Throws: `TuningError.notApplicable` where the recipe has a state made anew that the optimizer does not keep, or that
  ///   a ledger's coefficients do not give.
  init(
    _ name: String, _ recipe: ResolvedRecipe, components: Components, learningRate: LearningRateSchedule,
    parameters: ParameterSet, support: Support
  ) throws {
    self.name = name
    optimizer = try components.optimizers.make(name, options: recipe.options(of: name))
    if recipe.stateWindow > 0 { try Self.requireReplayedState(name, optimizer) }
    state = try OptimizerState(rule: optimizer.rule, for: parameters, in: support, window: recipe.stateWindow)
    self.learningRate = learningRate
  }

  private static func requireReplayedState(_ name: String, _ optimizer: any Optimizer) throws {
    func refuse(_ reason: String) -> TuningError {
      TuningError(.notApplicable, "state_window makes an optimizer's state of the ledger, and \(name) \(reason)")
    }
    guard let rule = optimizer.rule, !rule.stateNames.isEmpty else { throw refuse("keeps none: set it to 0") }
    guard optimizer.cost(trainableCount: 0).gradientsPerStep == 0 else {
      throw refuse("goes along exact gradients, which no ledger holds: set it to 0")
    }
    guard !rule.weightDecay.isCoupled || rule.weightDecay.strength == 0 else {
      throw refuse(
        "adds its weight decay to the estimate, so that the weights of earlier steps are needed: set it to 0, or the "
          + "weight decay")
    }
  }

  /// Asks about one part of a step.
  ///
  /// - Throws: `TuningError.nonFiniteLoss`, also where the update is not finite.
  mutating func step(
    _ step: Int, seeds: SeedSequence, support: Support, firstQuery: Int, on batches: [PackedBatch],
    oracle: any LossOracle
  ) throws -> StepOutcome {
    let context = StepContext(
      step: step, learningRate: learningRate.rate(at: step), seeds: seeds, support: support, firstQuery: firstQuery)
    let outcome = try optimizer.step(context, on: batches, oracle: oracle)
    guard outcome.update.isFinite else {
      throw TuningError(.nonFiniteLoss, "the update of \(name) is not finite: lower the learning rate")
    }
    return outcome
  }
}
