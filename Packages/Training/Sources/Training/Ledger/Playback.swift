import Foundation
import TensorCore
import Transformers
import TuningCore

/// The base model of a ledger, brought on by its steps one after the other, without a forward pass.
///
/// - Cost: one generation of each step's directions, and for every `updatesAtOnce` updates one pass over the trainable
///   parameters, and their state where the optimizer descends by a rule.
final class Playback {
  /// Updates that a piece of the parameters takes while it is in the cache.
  static let updatesAtOnce = 32

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
    kept = try OptimizerState(
      rule: header.rule(components), for: state.parameters, window: header.recipe.stateWindow)
  }

  /// Makes the steps up to `target`, those in `leftOut` apart.
  ///
  /// - Throws: what `LedgerReader.forEachStep` throws; `LedgerError.corruptRecord` for a step of other parts.
  func advance(to target: Int, leavingOut leftOut: Range<Int> = 0..<0, progress: (Int) -> Void = { _ in }) throws {
    precondition(target >= step, "Playback: back from step \(step) to \(target)")
    var waiting: [StepUpdate] = []
    func make(_ step: Int) {
      parameters.apply(waiting, state: kept, rounding: ledger.header.recipe.rounding, threads: threads)
      waiting = []
      self.step = step
      progress(step)
    }
    try ledger.forEachStep(in: step..<target, of: plan) { step, updates in
      if !leftOut.contains(step) { waiting += updates }
      if waiting.count >= Self.updatesAtOnce { make(step + 1) }
    }
    make(target)
  }

  /// Where it stands, to come back to.
  struct Place {
    fileprivate let step: Int
    fileprivate let tensors: [(live: Tensor, copy: Tensor)]
    fileprivate let remembered: [StepUpdate]
  }

  /// - Cost: the memory of the trainable parameters and of what the optimizer keeps.
  func place() throws -> Place {
    let live = parameters.trainable.map(\.tensor) + kept.tensors.map(\.tensor)
    return Place(step: step, tensors: try live.map { ($0, try $0.copy()) }, remembered: kept.remembered)
  }

  func goBack(to place: Place) {
    for (live, copy) in place.tensors { live.takeBytes(of: copy) }
    kept.remembered = place.remembered
    step = place.step
  }
}

extension LedgerReader {
  /// Calls `body` with every step's updates as a run makes them, one for each part of the plan.
  ///
  /// - Throws: what `forEachStep` throws; `LedgerError.corruptRecord` for a step of other parts.
  func forEachStep(
    in steps: Range<Int>, of plan: StepPlan, _ body: (_ step: Int, _ updates: [StepUpdate]) throws -> Void
  ) throws {
    var supports: [Support] = []
    let support = { (step: Int, part: Int) in
      supports.append(part < plan.parts.count ? plan.support(of: part, step: step) : .everything)
      return supports[part]
    }
    try forEachStep(in: steps, supports: support) { step, updates in
      guard updates.count == plan.parts.count else {
        throw LedgerError(
          .corruptRecord, "step \(step) has \(updates.count) updates for \(plan.parts.count) parts of the parameters")
      }
      try body(step, zip(updates, supports).map { StepUpdate($0, step: step, support: $1, in: header.recipe) })
      supports = []
    }
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
