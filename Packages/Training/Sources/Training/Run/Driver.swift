import TensorCore
import TuningCore

/// One of a run's optimizers, with what it keeps between steps and its learning rate.
struct Driver {
  let name: String
  private(set) var optimizer: any Optimizer
  let state: OptimizerState
  let learningRate: LearningRateSchedule

  /// - Parameter support: everything that it moves.
  init(
    _ name: String, _ recipe: ResolvedRecipe, components: Components, learningRate: LearningRateSchedule,
    parameters: ParameterSet, support: Support
  ) throws {
    self.name = name
    optimizer = try components.optimizers.make(name, options: recipe.options(of: name))
    state = try OptimizerState(rule: optimizer.rule, for: parameters, in: support)
    self.learningRate = learningRate
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
