import Foundation
import TensorCore
import TuningCore

extension Experiment {
  /// One step of the method on its batches.
  ///
  /// - Parameters:
  ///   - oracle: is asked in place of the experiment's own.
  ///   - record: is given the updates before the last of them is made.
  /// - Throws: `TuningError.nonFiniteLoss`; what `record` throws.
  func advance(
    step: Int, oracle: (any LossOracle)? = nil, record: ([ParameterUpdate]) throws -> Void = { _ in }
  ) throws -> Method.Step {
    // Updates look at the method's plan while it steps.
    var stepping = method
    defer { method = stepping }
    (asked as? CompletionOracle)?.step = step
    return try stepping.step(
      step, on: data.batches(step: step, recipe), oracle: oracle ?? asked, record: record,
      apply: { apply($0, part: $1, step: step) })
  }

  /// Makes the update of one part of a step.
  func apply(_ update: ParameterUpdate, part: Int = 0, step: Int) {
    let stepped = StepUpdate(update, step: step, support: method.plan.support(of: part, step: step), in: recipe)
    oracle.state.parameters.apply(
      [stepped], state: method.state(of: part), rounding: recipe.rounding, threads: recipe.threads)
  }
}

extension Experiment {
  /// Takes up what the ledger holds of the last steps before `step`, where the optimizer's state is made of it.
  func remember(_ ledger: URL, before step: Int) throws {
    guard recipe.stateWindow > 1, step > 0 else { return }
    let recent = max(0, step - recipe.stateWindow + 1)..<step
    try LedgerReader(ledger).forEachStep(in: recent, of: method.plan) { _, updates in
      for (part, update) in updates { method.state(of: part).remember(update) }
    }
  }
}

extension StepUpdate {
  /// As a run and its replay make it.
  init(_ update: ParameterUpdate, step: Int, support: Support, in recipe: ResolvedRecipe) {
    self.init(update, step: step, support: support, roundingSeed: recipe.seeds.seed(.rounding, step: step))
  }
}
