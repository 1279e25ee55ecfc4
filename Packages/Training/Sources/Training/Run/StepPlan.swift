import TensorCore
import TuningCore

/// What a recipe's steps treat, one part after the other, and which elements of each part take part.
struct StepPlan {
  let parts: [Part]
  let updatesAtOnce: Bool
  /// Of the updates of each optimizer.
  private let recorded: [Part.Owner: LedgerRecords]
  /// nil: every element takes part, by these supports.
  private let masks: (any MaskSequence)?
  private let wholes: [Support]

  /// - Parameter state: as it is before the first step, the scheme attached.
  /// - Throws: what the partition and the masking find wrong; `TuningError.invalidConfiguration` where the partition and
  ///   the number of optimizers do not agree.
  init(_ recipe: ResolvedRecipe, components: Components, state: ModelState, model: any LanguageModel) throws {
    let parameters = state.parameters
    recorded = try Dictionary(
      uniqueKeysWithValues: recipe.optimizers.map { owner, name, _ in
        (owner, LedgerRecords(of: try components.optimizers.make(name, options: recipe.options(of: name))))
      })
    let partition = try recipe.partition.map {
      try components.partitions.make($0, options: recipe.options(of: $0))
    }
    parts =
      try partition?.parts(of: state, model: model)
      ?? [Part(name: "all", paths: Set(parameters.trainable.map(\.path)))]
    updatesAtOnce = partition?.updatesAtOnce ?? false
    wholes = partition == nil ? [.everything] : parts.map { Support($0.paths) }
    masks = try recipe.masking.map {
      try components.maskings.make($0, options: recipe.options(of: $0))
        .masks(for: parameters, seeds: recipe.seeds, threads: recipe.threads)
    }
    try checkOwners(recipe)
  }

  private func checkOwners(_ recipe: ResolvedRecipe) throws {
    let isSecondThere = parts.contains { $0.owner == .second }
    if isSecondThere, recipe.secondOptimizer == nil {
      throw TuningError(
        .invalidConfiguration,
        "partition '\(recipe.partition ?? "")' gives parts to a second optimizer: set second_optimizer, and "
          + "second_learning_rate")
    }
    if !isSecondThere, let name = recipe.secondOptimizer {
      throw TuningError(
        .invalidConfiguration,
        "second_optimizer is \(name), and partition '\(recipe.partition ?? RecipeKey.none)' leaves it nothing: take it "
          + "out, or set partition: hybrid")
    }
  }

  /// The elements of a part that take part in `step`.
  func support(of part: Int, step: Int) -> Support {
    masks?.support(of: parts[part].paths, step: step) ?? wholes[part]
  }

  /// Everything that `owner` has.
  func support(of owner: Part.Owner) -> Support {
    Support(parts.filter { $0.owner == owner }.reduce(into: []) { $0.formUnion($1.paths) })
  }

  /// What a ledger holds of a part's updates.
  func records(of part: Int) -> LedgerRecords { recorded[parts[part].owner] ?? .moves }

  /// What a ledger of all parts holds.
  var records: LedgerRecords {
    [.gradients, .estimates].first(where: recorded.values.contains) ?? .moves
  }

  /// The trainable ones of `parameters` that exact gradients move: no ledger rebuilds them.
  func payload(of parameters: ParameterSet) -> [(name: String, tensor: Tensor)] {
    let paths = parts.indices.filter { records(of: $0) == .gradients }
      .reduce(into: Set()) { $0.formUnion(parts[$1].paths) }
    return parameters.trainable.filter { paths.contains($0.path) }.map { ($0.path.name, $0.tensor) }
  }

  /// Bytes that masks hold.
  var byteCount: Int { masks?.byteCount ?? 0 }
}
