import TensorCore
import TuningCore

extension Experiment {
  /// What a step came to.
  struct Step {
    /// Of the part that was asked about first.
    var loss: Float
    /// One for each part of the plan.
    var updates: [ParameterUpdate]
  }

  /// One step: every part of the plan is asked about, and moved at once or when all have been asked.
  ///
  /// - Parameter record: is given the updates before the last of them is made.
  /// - Throws: `TuningError.nonFiniteLoss`, also where an update is not finite; what `record` throws.
  func advance(step: Int, record: ([ParameterUpdate]) throws -> Void = { _ in }) throws -> Step {
    let batches = try data.batches(step: step, recipe)
    var losses: [Float] = [], updates: [ParameterUpdate] = [], firstQuery = 0
    for (index, part) in plan.parts.enumerated() {
      let support = plan.support(of: index, step: step)
      let outcome = try drivers[part.owner]!.step(
        step, seeds: recipe.seeds, support: support, firstQuery: firstQuery, on: batches, oracle: exact)
      losses.append(outcome.loss)
      updates.append(outcome.update)
      firstQuery += max(1, outcome.update.terms.count)
      if plan.updatesAtOnce, index < plan.parts.count - 1 { apply(outcome.update, part: index, step: step) }
    }
    try record(updates)
    for index in plan.updatesAtOnce ? [plan.parts.count - 1] : Array(plan.parts.indices) {
      apply(updates[index], part: index, step: step)
    }
    return Step(loss: losses[0], updates: updates)
  }

  /// Makes the update of one part of a step.
  func apply(_ update: ParameterUpdate, part: Int = 0, step: Int) {
    oracle.state.parameters.apply(
      update, part: part, step: step, plan: plan, state: drivers[plan.parts[part].owner]!.state, recipe: recipe,
      threads: recipe.threads)
  }
}

extension ParameterSet {
  /// Makes the update of one part of a step, as a run and its replay do.
  func apply(
    _ update: ParameterUpdate, part: Int, step: Int, plan: StepPlan, state: OptimizerState, recipe: ResolvedRecipe,
    threads: Threads
  ) {
    apply(
      update, step: step, support: plan.support(of: part, step: step), state: state, rounding: recipe.rounding,
      roundingSeed: recipe.seeds.seed(.rounding, step: step), threads: threads)
  }
}

extension Driver {
  /// Asks its optimizer.
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
