import Bundles
import Foundation
import TensorCore
import Transformers
import TuningCore

extension Experiment {
  private static let parametersFile = "parameters.safetensors"
  private static let optimizerFile = "optimizer.safetensors"
  private static let progressFile = "progress.json"
  private static let adapterFile = "adapter_model.safetensors"
  private static let adapterConfigurationFile = "adapter_config.json"

  /// Keeps the parameters and what the optimizer keeps of earlier steps, as they are now.
  func saveCheckpoint(_ progress: RunProgress, in folder: RunFolder) throws {
    var progress = progress
    progress.optimizer = recipe.optimizer
    try RunFolder.replace(folder.checkpoint(step: progress.step)) { target in
      try TrainedParameters.save(
        oracle.state.parameters, to: target.appendingPathComponent(Self.parametersFile))
      if !method.tensors.isEmpty {
        try SafetensorsWriter.write(method.tensors, to: target.appendingPathComponent(Self.optimizerFile))
      }
      try AtomicFile.write(
        try JSONEncoder().encode(progress), to: target.appendingPathComponent(Self.progressFile))
    }
  }

  /// Takes up the parameters and the optimizer's state of the last checkpoint; a run that has none begins again at step 0,
  /// unless it has finished.
  ///
  /// - Parameter header: what a ledger of this experiment is bound to.
  /// - Throws: `TrainingError.otherRecipe`, `.otherOptimizer`, `.damaged`; `LedgerError.otherRun` where the run began with other files.
  func resume(from folder: RunFolder, header: LedgerHeader) throws -> RunProgress {
    let stored = try RunFolder.storedRecipe(in: folder)
    try requireOptimizer(stored.optimizer, in: folder)
    guard stored.identity == recipe.identity else {
      throw TrainingError(
        .otherRecipe,
        "\(folder.url.path) was made by another recipe: resume it with its own, \(folder.recipe.path), or start a new run"
      )
    }
    if folder.hasLedger { try checkOrigin(of: folder, header: header) }
    guard let step = folder.checkpointSteps().first else {
      var progress = RunProgress()
      // What has finished needs no checkpoint: its result is given again.
      if folder.finished(recipe) != nil { (progress.step, progress.evaluatedStep) = (recipe.steps, recipe.steps) }
      return progress
    }
    let checkpoint = folder.checkpoint(step: step)
    guard folder.hasLedger else {
      throw TrainingError(
        .damaged, "\(folder.ledger.path) is gone, and \(checkpoint.lastPathComponent) goes on from it: start a new run")
    }
    let file = checkpoint.appendingPathComponent(Self.progressFile)
    guard let data = try? Data(contentsOf: file),
      let progress = try? JSONDecoder().decode(RunProgress.self, from: data),
      progress.step == step
    else { throw TrainingError(.damaged, "\(file.path) is no checkpoint's progress: remove that folder and resume") }
    if let optimizer = progress.optimizer { try requireOptimizer(optimizer, in: folder) }
    try TrainedParameters.load(
      checkpoint.appendingPathComponent(Self.parametersFile), into: oracle.state.parameters)
    if !method.tensors.isEmpty {
      try TrainedParameters.load(checkpoint.appendingPathComponent(Self.optimizerFile), into: method.tensors)
    }
    return progress
  }

  /// What one optimizer kept means nothing to another.
  private func requireOptimizer(_ name: String, in folder: RunFolder) throws {
    guard name == recipe.optimizer else {
      throw TrainingError(
        .otherOptimizer,
        "\(folder.url.path) was trained by \(name), and the recipe's optimizer is \(recipe.optimizer): one cannot go on "
          + "from the other's checkpoint; resume with optimizer: \(name), or start a new run")
    }
  }

  /// A run's parameters belong to what it began with: asked before anything of them is taken up.
  private func checkOrigin(of folder: RunFolder, header: LedgerHeader) throws {
    let begun = try LedgerReader(folder.ledger).header
    try requireOptimizer(begun.recipe.optimizer, in: folder)
    guard begun.recipeIdentity == recipe.identity else {
      let changed = recipe.lines(unlike: begun.recipe).joined(separator: "; ")
      throw TrainingError(
        .otherRecipe,
        "\(folder.recipe.path) was changed after the run began (\(changed)): put it back, or start a new run with it")
    }
    let differences = begun.differences(from: header)
    guard differences.isEmpty else {
      throw LedgerError(
        .otherRun,
        "\(folder.url.path) began with other files than are there now: " + differences.joined(separator: "; "))
    }
  }

  /// Writes the parameters as others load them.
  func export(to folder: URL) throws {
    try Experiment.export(oracle.state, scheme: scheme, source: source, configuration: configuration, to: folder)
  }

  /// Writes trained parameters as others load them: a model folder for `transformers`, or an adapter for `peft`.
  static func export(
    _ state: ModelState, scheme: any TuningScheme, source: ModelSource, configuration: any ModelConfiguration,
    to folder: URL
  ) throws {
    try RunFolder.replace(folder) { target in
      guard var adapter = scheme.adapterConfiguration(of: configuration.makeModel()) else {
        try source.save(state, configuration, to: target)
        return
      }
      adapter["base_model_name_or_path"] = .text(source.path.path)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      try AtomicFile.write(try encoder.encode(adapter), to: target.appendingPathComponent(adapterConfigurationFile))
      try SafetensorsWriter.write(
        scheme.adapterTensors(of: state), to: target.appendingPathComponent(adapterFile))
    }
  }

  /// Takes up what `export` wrote.
  func load(from folder: URL) throws {
    try Experiment.load(from: folder, scheme: scheme, into: oracle.state, of: oracle.model)
  }

  /// Takes up what `export` wrote into a state that `scheme` is attached to.
  static func load(
    from folder: URL, scheme: any TuningScheme, into state: ModelState, of model: any LanguageModel
  ) throws {
    guard scheme.adapterConfiguration(of: model) != nil else {
      return try TrainedParameters.load(folder.appendingPathComponent("model.safetensors"), into: state.parameters)
    }
    let file = try SafetensorsFile(folder.appendingPathComponent(adapterFile))
    try scheme.load(into: state) { try TrainedParameters.tensor($0, of: file, shape: $1, dtype: $2) }
  }
}

extension RunFolder {
  /// The recipe that a run folder was made by.
  ///
  /// - Throws: `TrainingError.notARun`.
  public static func storedRecipe(in folder: RunFolder) throws -> ResolvedRecipe {
    guard let text = try? String(contentsOf: folder.recipe, encoding: .utf8) else {
      throw TrainingError(.notARun, "\(folder.url.path) is no run folder: it has no recipe.yaml")
    }
    return try ResolvedRecipe(yaml: text, fileName: folder.recipe.path)
  }

  /// - Throws: `TrainingError.notARun` where the run has not come to parameters that it would recommend.
  func requireBest() throws {
    guard FileManager.default.fileExists(atPath: best.path) else {
      throw TrainingError(
        .notARun, "\(url.path) has no best parameters yet: let the run finish with zeroth train --resume \(url.path)")
    }
  }
}

extension Experiment {
  /// A run's recipe with its best parameters.
  ///
  /// - Throws: `TrainingError.notARun` where there are none yet; `LedgerError.otherRun` where model, tokenizer or data are
  ///   not those that the run began with.
  public convenience init(bestOf folder: RunFolder, _ recipe: ResolvedRecipe, components: Components) throws {
    try folder.requireBest()
    try self.init(recipe, components: components)
    if folder.hasLedger { try checkOrigin(of: folder, header: ledgerHeader(plugins: [])) }
    try load(from: folder.best)
  }
}
