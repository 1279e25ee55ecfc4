import Foundation
import TensorCore
import Tokenizers
import Transformers
import TuningCore

/// A model with its tokenizer, ready to answer: as it came, or as a run left it.
public struct InferenceModel {
  public let pretrained: PretrainedModel
  public let state: ModelState
  public let tokenizer: Tokenizer
  public let threads: Threads

  public var model: any LanguageModel { pretrained.model }

  /// A model as it came, or with an adapter in PEFT's format.
  ///
  /// - Parameter components: those that know adapters.
  public init(
    _ source: ModelSource, adapter: AdapterFolder? = nil, components: Components = Components(), threads: Threads
  ) throws {
    tokenizer = try source.tokenizer()
    pretrained = try source.load()
    try ModelSource.check(tokenizer, fits: pretrained.model)
    var state = pretrained.state
    try adapter?.attach(to: &state, of: pretrained.model, components: components)
    self.state = state
    self.threads = threads
  }

  /// The best parameters of a run, on its base model.
  ///
  /// - Throws: `TrainingError.notARun` where there are none yet; `.otherBase` where model or tokenizer are not those that
  ///   the run began with.
  public init(run folder: RunFolder, components: Components, threads: Threads) throws {
    let recipe = try RunFolder.storedRecipe(in: folder)
    try folder.requireBest()
    let source = try ModelSource(recipe)
    let scheme = try components.schemes.make(recipe.scheme, options: recipe.options(of: recipe.scheme))
    tokenizer = try source.tokenizer()
    pretrained = try source.load()
    try ModelSource.check(tokenizer, fits: pretrained.model)
    if folder.hasLedger { try source.require(of: LedgerReader(folder.ledger).header, weights: pretrained.source.files) }
    var state = pretrained.state
    try scheme.attach(to: &state, of: pretrained.model, seeds: recipe.seeds)
    try Experiment.load(from: folder.best, scheme: scheme, into: state, of: pretrained.model)
    self.state = state
    self.threads = threads
  }
}
