import Bundles
import Datasets
import Foundation

extension Reproduction {
  /// The ledger's recipe with its files where they are here.
  ///
  /// - Throws: `TrainingError.otherBase` where the base model or the data are not found, saying where was looked.
  func placed(_ recipe: ResolvedRecipe, in folder: URL, header: LedgerHeader) throws -> ResolvedRecipe {
    typealias Place = BundleContents.Place
    func included(_ role: BundleRequirement.Role) -> Bool {
      reader.manifest.requirements.contains { $0.role == role && $0.included }
    }
    /// What the run named `place`: the file of its name, or the folder that its files lie in.
    func inside(_ prefix: String, _ place: URL?) -> URL {
      let packed = folder.appending(path: prefix, directoryHint: .isDirectory)
      let file = packed.appendingPathComponent(place?.lastPathComponent ?? "")
      return FileManager.default.fileExists(atPath: file.path) ? file : packed
    }
    var files: [RecipeKey: URL] = [.output: folder]
    files[.model] =
      try places.base ?? (included(.baseModel) ? inside(Place.base, recipe.model) : base(recipe, header))
    if recipe.tokenizer != nil || places.tokenizer != nil {
      files[.tokenizer] =
        try places.tokenizer
        ?? (included(.tokenizer) ? inside(Place.tokenizer, recipe.tokenizer) : there(recipe.tokenizer, "tokenizer"))
    }
    if recipe.adapter != nil { files[.adapter] = inside(Place.adapter, recipe.adapter) }
    files[.data] =
      try places.data ?? (included(.data) ? inside(Place.data, recipe.data) : there(recipe.data, "data"))
    if CustomTask.isFile(recipe.task) { files[.task] = inside(Place.task, URL(filePath: recipe.task)) }
    return recipe.placing(files)
  }

  private func there(_ place: URL?, _ option: String) throws -> URL {
    guard let place, FileManager.default.fileExists(atPath: place.path) else {
      throw TrainingError(
        .otherBase,
        "\(reader.file.path): does not bring the \(option) (\(place?.lastPathComponent ?? "?")), which are not at "
          + "\(place?.path ?? "any place that the run names") either: name them with --\(option)")
    }
    return place
  }

  /// The base model by its hash: where the run had it, or in one of the folders of models.
  private func base(_ recipe: ResolvedRecipe, _ header: LedgerHeader) throws -> URL {
    let files = FileManager.default
    let candidates =
      [recipe.model]
      + places.modelFolders.flatMap { folder in
        [folder]
          + ((try? files.contentsOfDirectory(atPath: folder.path)) ?? []).sorted().map(folder.appendingPathComponent)
      }
    // Those of its name first, for every other is read whole to know its hash.
    let name = recipe.model.lastPathComponent
    let ordered =
      candidates.filter { $0.lastPathComponent == name } + candidates.filter { $0.lastPathComponent != name }
    for candidate in ordered where candidate.isModel {
      guard let model = try? ModelSource(path: candidate).load() else { continue }
      observer(.note("looking at \(candidate.path)"))
      if try ModelSource.hash(of: model.source.files) == header.baseModel { return candidate }
    }
    throw TrainingError(
      .otherBase,
      "\(reader.file.path): its base model \(name) (SHA-256 of the weights \(header.baseModel)) is neither at "
        + "\(recipe.model.path) nor in \(places.modelFolders.map(\.path).joined(separator: ", "))"
        + ": name it with --base, or a folder that has it with --models")
  }
}

extension URL {
  fileprivate var isModel: Bool {
    let files = FileManager.default
    return pathExtension == "gguf" && files.fileExists(atPath: path)
      || files.fileExists(atPath: appendingPathComponent("config.json").path)
  }
}
