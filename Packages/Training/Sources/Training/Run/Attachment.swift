import TensorCore
import TuningCore

/// How a run's scheme comes on its model: with fresh numbers, or with those of an adapter.
struct Attachment {
  let scheme: any TuningScheme
  let adapter: AdapterFolder?
  private let name: String
  private let seeds: SeedSequence
  private let components: Components

  /// - Throws: what the scheme's options and the adapter's files have wrong.
  init(_ recipe: ResolvedRecipe, components: Components) throws {
    name = recipe.scheme
    seeds = recipe.seeds
    self.components = components
    scheme = try components.schemes.make(name, options: recipe.options(of: name))
    adapter = try recipe.adapter.map { try AdapterFolder($0) }
  }

  /// - Throws: what the scheme finds wrong with the model; `TrainingError.invalidInput` where the adapter is of another
  ///   scheme or model.
  func attach(to state: inout ModelState, of model: any LanguageModel) throws {
    try adapter?.requireFits(scheme, named: name, of: model, components: components)
    try scheme.attach(to: &state, of: model, seeds: seeds)
    try adapter?.load(into: state, through: scheme)
  }
}
