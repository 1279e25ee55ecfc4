import TensorCore
import TuningCore

/// How a run's steps change its parameters: the parts that a step treats, and the optimizer that has each.
struct Method {
  let plan: StepPlan
  private(set) var drivers: [Part.Owner: Driver]
  private let seeds: SeedSequence

  /// - Parameter state: as it is before the first step, the scheme attached.
  /// - Throws: what the components find wrong.
  init(_ recipe: ResolvedRecipe, components: Components, state: ModelState, model: any LanguageModel) throws {
    plan = try StepPlan(recipe, components: components, state: state, model: model)
    seeds = recipe.seeds
    drivers = [:]
    for (owner, name, rate) in recipe.optimizers {
      drivers[owner] = try Driver(
        name, recipe, components: components, learningRate: rate, parameters: state.parameters,
        support: plan.support(of: owner))
    }
  }

  /// - Parameter objective: of the run, by the name that recipes give it, where it has no gradient.
  /// - Throws: `TuningError.notApplicable` where an optimizer asks for one.
  func requireLossesAlone(objective: String) throws {
    for owner in [Part.Owner.first, .second] {
      guard let driver = drivers[owner] else { continue }
      let cost = driver.optimizer.cost(trainableCount: 1)
      guard cost.gradientsPerStep == 0, cost.slopesPerStep == 0 else {
        throw TuningError(
          .notApplicable,
          "optimizer \(driver.name) follows the loss's derivatives, and objective \(objective) changes in jumps and has "
            + "none: take an optimizer of the zeroth order such as zo-sgd, or objective: auto")
      }
    }
  }

  private func driver(of part: Int) -> Driver {
    guard let driver = drivers[plan.parts[part].owner] else {
      preconditionFailure("part \(part) has no optimizer; StepPlan says so")
    }
    return driver
  }

  /// What the optimizer of a part keeps.
  func state(of part: Int) -> OptimizerState { driver(of: part).state }

  /// Of the optimizer that the recipe names first.
  var directionLaw: NoiseLaw { drivers[.first]?.optimizer.directionLaw ?? .gaussian }

  /// What the optimizers keep, by name; no two keep anything of one parameter.
  var tensors: [(name: String, tensor: Tensor)] {
    [Part.Owner.first, .second].flatMap { drivers[$0]?.state.tensors ?? [] }
  }

  /// What a step came to.
  struct Step {
    /// Of the part that was asked about first.
    var loss: Float
    /// One for each part of the plan.
    var updates: [ParameterUpdate]
  }

  /// One step: every part of the plan is asked about, and moved at once or when all have been asked.
  ///
  /// - Parameters:
  ///   - record: is given the updates before the last of them is made.
  ///   - apply: makes the update of a part.
  /// - Throws: `TuningError.nonFiniteLoss`; what `record` throws.
  mutating func step(
    _ step: Int, on batches: [PackedBatch], oracle: any LossOracle, record: ([ParameterUpdate]) throws -> Void,
    apply: (_ update: ParameterUpdate, _ part: Int) -> Void
  ) throws -> Step {
    var losses: [Float] = [], updates: [ParameterUpdate] = [], firstQuery = 0
    if plan.parts.count > 1 { oracle.remember(batches, for: plan.parts) }
    defer { oracle.forget() }
    for (index, part) in plan.parts.enumerated() {
      if plan.updatesAtOnce, index > 0 {
        apply(updates[index - 1], index - 1)
        oracle.parametersChanged(in: plan.parts[index - 1].paths)
      }
      var driver = driver(of: index)
      let outcome = try driver.step(
        step, seeds: seeds, support: plan.support(of: index, step: step), firstQuery: firstQuery, on: batches,
        oracle: oracle)
      drivers[part.owner] = driver
      losses.append(outcome.loss)
      updates.append(outcome.update)
      firstQuery += max(1, outcome.update.terms.count)
    }
    try record(updates)
    for index in plan.parts.indices.suffix(plan.updatesAtOnce ? 1 : plan.parts.count) { apply(updates[index], index) }
    return Step(loss: losses[0], updates: updates)
  }

  /// Of a step, over all its parts.
  func cost(of parameters: ParameterSet) -> OptimizerCost {
    plan.parts.indices.reduce(OptimizerCost(queriesPerStep: 0, stateBytes: 0)) { sum, index in
      let count = plan.parts[index].paths.reduce(0) { $0 + parameters.require($1).tensor.count }
      let driver = driver(of: index), cost = driver.optimizer.cost(trainableCount: count)
      return OptimizerCost(
        queriesPerStep: sum.queriesPerStep + cost.queriesPerStep,
        gradientsPerStep: sum.gradientsPerStep + cost.gradientsPerStep,
        slopesPerStep: sum.slopesPerStep + cost.slopesPerStep,
        // One part's gradient at a time.
        gradientBytes: max(sum.gradientBytes, cost.gradientBytes),
        stateBytes: sum.stateBytes + (driver.state.window == 0 ? cost.stateBytes : 0),
        replayedSteps: max(sum.replayedSteps, driver.state.window - 1))
    }
  }
}
