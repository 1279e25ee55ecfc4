import Foundation
import TensorCore
import Transformers
import TuningCore

/// The base model of a ledger, brought on by its steps one after the other, without a forward pass.
///
/// - Cost: for each step one pass over the trainable parameters, and their state where the optimizer descends by a rule,
///   and one generation of its directions.
final class Playback {
  let ledger: LedgerReader
  private let parameters: ParameterSet
  private let plan: StepPlan
  /// What the optimizer keeps.
  private let kept: OptimizerState
  private let threads: Threads
  /// Steps that were made.
  private(set) var step = 0

  /// - Parameters:
  ///   - state: the base model with the scheme newly attached; its tensors are what moves.
  /// - Throws: `TrainingError.otherBase` where the ledger was written under another noise contract; what the components
  ///   find wrong.
  init(
    _ ledger: LedgerReader, on state: ModelState, of model: any LanguageModel, components: Components, threads: Threads
  )
    throws
  {
    let header = ledger.header
    guard header.noiseContract == AddressedNoise.contractVersion else {
      throw TrainingError(
        .otherBase,
        "the ledger was written under noise contract \(header.noiseContract), and this program has "
          + "\(AddressedNoise.contractVersion): replay it with zeroth \(header.zeroth)")
    }
    self.ledger = ledger
    self.threads = threads
    parameters = state.parameters
    plan = try StepPlan(header.recipe, components: components, state: state, model: model)
    kept = try OptimizerState(rule: header.rule(components), for: state.parameters)
  }

  /// Makes the steps up to `target`, those in `leftOut` apart.
  ///
  /// - Throws: what `LedgerReader.forEachStep` throws; `LedgerError.corruptRecord` for a step of other parts.
  func advance(to target: Int, leavingOut leftOut: Range<Int> = 0..<0, progress: (Int) -> Void = { _ in }) throws {
    precondition(target >= step, "Playback: back from step \(step) to \(target)")
    try ledger.forEachStep(in: step..<target, supports: { [plan] in plan.support(of: $1, step: $0) }) { step, updates in
      guard updates.count == plan.parts.count else {
        throw LedgerError(
          .corruptRecord, "step \(step) has \(updates.count) updates for \(plan.parts.count) parts of the parameters")
      }
      if !leftOut.contains(step) {
        for (part, update) in updates.enumerated() {
          parameters.apply(
            update, part: part, step: step, plan: plan, state: kept, recipe: ledger.header.recipe, threads: threads)
        }
      }
      self.step = step + 1
      progress(step + 1)
    }
  }

  /// Where it stands, to come back to.
  struct Place {
    fileprivate let step: Int
    fileprivate let tensors: [(live: Tensor, copy: Tensor)]
  }

  /// - Cost: the memory of the trainable parameters and of what the optimizer keeps.
  func place() throws -> Place {
    let live = parameters.trainable.map(\.tensor) + kept.tensors.map(\.tensor)
    return Place(step: step, tensors: try live.map { ($0, try $0.copy()) })
  }

  func goBack(to place: Place) {
    for (live, copy) in place.tensors { live.takeBytes(of: copy) }
    step = place.step
  }
}

extension LedgerHeader {
  /// Of estimates; nil: the ledger holds moves, which need no optimizer.
  fileprivate func rule(_ components: Components) throws -> (any UpdateRule)? {
    guard records == .estimates else { return nil }
    guard
      let rule = try components.optimizers.make(recipe.optimizer, options: recipe.options(of: recipe.optimizer)).rule
    else {
      throw LedgerError(
        .corruptHeader,
        "the ledger holds estimates, and \(recipe.optimizer) has no rule for them: the header is damaged")
    }
    return rule
  }
}
