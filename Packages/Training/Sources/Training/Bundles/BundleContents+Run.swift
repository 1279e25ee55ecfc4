import Bundles
import Datasets
import Foundation

extension BundleContents {
  /// Where things that a run's folder does not have lie in its bundle; what it has lies as it does there.
  enum Place {
    static let base = "base/", adapter = "adapter/", tokenizer = "tokenizer/", data = "data/",
      task = "task/"
  }

  /// A run that has finished: its recipe, ledger and result, with which anyone who has the base model and the data gets
  /// the same numbers.
  ///
  /// What exact gradients moved is packed as the run's payloads.
  ///
  /// - Throws: `TrainingError.notARun` where it has not finished; `LedgerError.missingPayload`; `.otherBase` where the base model is to be packed and is
  ///   another by now; what reading them throws.
  public init(run folder: RunFolder, with extras: Set<Extra> = []) throws {
    let recipe = try RunFolder.storedRecipe(in: folder)
    guard let result = folder.storedResult(of: recipe, steps: recipe.steps) else {
      throw TrainingError(
        .notARun, "\(folder.url.path) has no result yet: let it finish with zeroth train --resume \(folder.url.path)")
    }
    let ledger = try LedgerReader(folder.ledger), header = ledger.header
    self.init(
      manifest: BundleManifest(
        kind: .run, title: recipe.title, zeroth: ZerothVersion.text, recipe: recipe.publicLines,
        versions: header.versions,
        requirements: Self.requirements(recipe, header, extras), ledger: ledger.summary, results: result.numbers),
      members: [
        (folder.recipe, BundleMember.Kind.recipe), (folder.ledger, .ledger), (folder.result, .result),
        (folder.metrics, .metrics), (folder.picture, .document),
      ].map { .init(path: $0.lastPathComponent, kind: $1, file: $0) })
    if extras.contains(.base) { members += try Self.base(recipe, header) }
    if let adapter = recipe.adapter {
      guard try AdapterFolder(adapter).contentHash == header.adapter else {
        throw TrainingError(.otherBase, "\(adapter.path): not the adapter that the run began with: put it back")
      }
      members += try BundleWriter.Member.all(at: adapter, under: Place.adapter)
    }
    if CustomTask.isFile(recipe.task) {
      let file = URL(filePath: recipe.task)
      members.append(.init(path: Place.task + file.lastPathComponent, kind: .configuration, file: file))
    }
    if extras.contains(.data) { members += try Self.data(recipe, header) }
    if let payloads = ledger.payloads {
      for step in [result.bestStep, result.steps] where step > 0 { try payloads.require(step: step) }
      members += payloads.steps.map(payloads.file).map {
        .init(path: $0.lastPathComponent, kind: .weights, file: $0)
      }
    }
    if extras.contains(.best) {
      try folder.requireBest()
      members += try BundleWriter.Member.all(at: folder.best, under: folder.best.lastPathComponent + "/")
    }
  }

  private static func requirements(
    _ recipe: ResolvedRecipe, _ header: LedgerHeader, _ extras: Set<Extra>
  ) -> [BundleRequirement] {
    [
      BundleRequirement(
        role: .baseModel, name: recipe.model.lastPathComponent, sha256: header.baseModel,
        included: extras.contains(.base)),
      BundleRequirement(
        role: .tokenizer, name: (recipe.tokenizer ?? recipe.model).lastPathComponent, sha256: header.tokenizer,
        included: extras.contains(.base)),
      BundleRequirement(
        role: .data, name: recipe.data.lastPathComponent, sha256: header.data, included: extras.contains(.data)),
    ]
      + (header.dataFiles ?? [:]).sorted { $0.key < $1.key }.map {
        BundleRequirement(role: .dataFile, name: $0.key, sha256: $0.value, included: extras.contains(.data))
      }
      + (header.adapter.map { hash in
        [
          BundleRequirement(
            role: .adapter, name: recipe.adapter?.lastPathComponent ?? "adapter", sha256: hash, included: true)
        ]
      } ?? [])
  }

  /// The data that the run was made with.
  private static func data(_ recipe: ResolvedRecipe, _ header: LedgerHeader) throws -> [BundleWriter.Member] {
    let source = try DataSource(recipe.data)
    for (path, hash) in (header.dataFiles ?? [:]).sorted(by: { $0.key < $1.key })
    where try ContentHash(of: source.file(at: path).data) != hash {
      throw TrainingError(
        .otherBase,
        "\(recipe.data.path): \(path) is not what the run was made with: put it back, or pack without the data")
    }
    return try BundleWriter.Member.all(at: recipe.data, under: Place.data, kind: .data)
  }

  /// The files of the model that the run began with, and of its tokenizer.
  private static func base(_ recipe: ResolvedRecipe, _ header: LedgerHeader) throws -> [BundleWriter.Member] {
    let source = try ModelSource(recipe)
    try source.require(of: header, weights: source.load().source.files)
    let model = try BundleWriter.Member.all(at: recipe.model, under: Place.base)
    guard let tokenizer = recipe.tokenizer else { return model }
    return model + (try BundleWriter.Member.all(at: tokenizer, under: Place.tokenizer, kind: .tokenizer))
  }
}

extension LedgerReader {
  fileprivate var summary: LedgerSummary {
    LedgerSummary(
      steps: stepCount, records: recordCount, bytes: byteCount, recordsOf: header.records.rawValue,
      optimizer: header.recipe.optimizer, scheme: header.recipe.scheme, law: header.directionLaw.rawValue,
      runSeed: header.runSeed)
  }
}

extension LedgerHeader {
  /// Of the run's program and plugins, whose names and versions stand in one text each.
  fileprivate var versions: [String: String] {
    Dictionary(
      (plugins + ["zeroth \(zeroth)"]).map { text in
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : "unknown")
      }, uniquingKeysWith: { first, _ in first })
  }
}

extension RunResult {
  /// For a manifest.
  fileprivate var numbers: [String: Double] {
    var numbers = [
      "steps": Double(steps), "best_step": Double(bestStep), "test_before": testBefore.value,
      "test_after": testAfter.value, "test_change": testChange.value, "test_examples": Double(testAfter.count),
      "trainable": Double(trainable), "forwards": Double(work.forwardPasses),
    ]
    numbers["dev_before"] = devBefore
    numbers["dev_best"] = devBest
    return numbers.filter(\.value.isFinite)
  }
}

extension BundleManifest {
  /// Whether it tells of a run what its ledger and its result tell; what only other versions write is nothing to compare.
  func tells(of ledger: LedgerReader, _ result: RunResult) -> Bool {
    let numbers = result.numbers
    return self.ledger == ledger.summary && results.allSatisfy { numbers[$0] == nil || numbers[$0] == $1 }
  }
}

extension ResolvedRecipe {
  /// `model on task: scheme, optimizer`
  var title: String {
    "\(model.deletingPathExtension().lastPathComponent) on \(task): \(scheme), \(optimizer)"
  }
}
