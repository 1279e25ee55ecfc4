import Bundles
import Foundation
import TensorCore
import Transformers
import TuningCore

/// Rebuilds the weights of a run from its base model and its ledger: no data, no tokenizer, no forward pass.
///
/// - Cost: for each step one pass over the trainable parameters, and their state where the optimizer descends by a rule,
///   and one generation of its directions.
public struct Replay {
  public struct Report: Sendable, Codable, Equatable {
    public var steps: Int
    public var seconds: Double
    /// SHA-256 over the trained parameters, as `result.json` has it for a whole run.
    public var parameters: String
    public var output: String
  }

  private let ledger: LedgerReader
  private let source: ModelSource
  private let scheme: any TuningScheme
  /// Of estimates; nil: the ledger holds moves, which need no optimizer.
  private let rule: (any UpdateRule)?
  private let components: Components
  private let threads: Threads

  /// Opens a ledger for a base model.
  ///
  /// - Parameter base: where the base model lies here; nil: where the run found it.
  /// - Throws: `LedgerError`; `TuningError` where a plugin is missing.
  public init(ledger url: URL, base: URL?, components: Components, threads: Threads) throws {
    ledger = try LedgerReader(url)
    let recipe = ledger.header.recipe
    source = ModelSource(path: base ?? recipe.model, tokenizer: nil, dtype: recipe.dtype)
    scheme = try components.schemes.make(recipe.scheme, options: recipe.options(of: recipe.scheme))
    rule =
      switch ledger.header.records {
      case .moves, .gradients: nil
      case .estimates: try Self.rule(of: recipe, components: components)
      }
    self.components = components
    self.threads = threads
  }

  private static func rule(of recipe: ResolvedRecipe, components: Components) throws -> any UpdateRule {
    guard
      let rule = try components.optimizers.make(recipe.optimizer, options: recipe.options(of: recipe.optimizer)).rule
    else {
      throw LedgerError(
        .corruptHeader,
        "the ledger holds estimates, and \(recipe.optimizer) has no rule for them: the header is damaged")
    }
    return rule
  }

  /// Applies the first `steps` steps (all where nil) and writes the result to `folder` as `transformers` or `peft` load it.
  ///
  /// - Throws: `TrainingError.otherBase` where the base model's content is not what the run began with; `.unwritable`
  ///   where something is at `folder` already: nothing is written over.
  public func run(steps: Int?, to folder: URL, progress: (_ done: Int, _ total: Int) -> Void) throws -> Report {
    let header = ledger.header
    try RunFolder.requireNew(folder)
    guard steps ?? 0 <= ledger.stepCount else {
      throw TrainingError(.invalidInput, "the ledger has \(ledger.stepCount) steps, not \(steps ?? 0)")
    }
    guard header.noiseContract == AddressedNoise.contractVersion else {
      throw TrainingError(
        .otherBase,
        "the ledger was written under noise contract \(header.noiseContract), and this program has "
          + "\(AddressedNoise.contractVersion): replay it with zeroth \(header.zeroth)")
    }
    let pretrained = try source.load()
    let hash = try ModelSource.hash(ofWeights: pretrained.source.files)
    guard hash == header.baseModel else {
      throw TrainingError(
        .otherBase,
        "\(source.path.path): its weights' hash is \(hash), the run began with \(header.baseModel): give that model with --base"
      )
    }
    var state = pretrained.state
    try scheme.attach(to: &state, of: pretrained.model, seeds: header.recipe.seeds)
    let optimizerState = try OptimizerState(rule: rule, for: state.parameters)
    let plan = try StepPlan(
      header.recipe, components: components, state: state, model: pretrained.model)
    let watch = Stopwatch(), total = steps ?? ledger.stepCount
    try ledger.forEachStep(limit: total, supports: { plan.support(of: $1, step: $0) }) { step, updates in
      guard updates.count == plan.parts.count else {
        throw LedgerError(
          .corruptRecord, "step \(step) has \(updates.count) updates for \(plan.parts.count) parts of the parameters")
      }
      for (part, update) in updates.enumerated() {
        state.parameters.apply(
          update, part: part, step: step, plan: plan, state: optimizerState, recipe: header.recipe, threads: threads)
      }
      progress(step + 1, total)
    }
    let report = Report(
      steps: total, seconds: watch.seconds, parameters: TrainedParameters.hash(state.parameters).hex,
      output: folder.path)
    try Experiment.export(state, scheme: scheme, source: source, configuration: pretrained.configuration, to: folder)
    return report
  }
}
