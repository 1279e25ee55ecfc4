import Configurations
import Foundation
import TuningCore

/// What a person writes to describe a run: one YAML file, flat and closed. Keys are in docs/recipe.md; options of
/// components are written `lora.rank: 8`.
///
/// Reading keeps what is wrong; `resolve` reports all of it at once. In between, the plugins that the recipe names are
/// loaded, as its components are known only then.
public struct Recipe: Sendable {
  /// The file's name without its extension; names the run.
  public let name: String
  /// For messages.
  let fileName: String
  let entries: [RecipeSetting]
  let problems: [ConfigurationError.Problem]

  /// Reads a recipe.
  ///
  /// - Parameter overrides: `key=value` texts, each replacing what the file says of the key; the last one holds.
  ///   Relative paths in them are relative to the current folder, those of the file to the file's.
  /// - Throws: `ConfigurationError` where the file cannot be read, is too large for a recipe, or is no YAML mapping.
  public init(contentsOf file: URL, overrides: [String] = []) throws {
    let document = try ConfigurationDocument(contentsOf: file, kind: "recipe")
    try self.init(
      document, fileName: file.lastPathComponent, folder: file.absoluteURL.deletingLastPathComponent(),
      overrides: overrides)
  }

  /// A recipe from its text.
  ///
  /// - Parameters:
  ///   - fileName: for messages.
  ///   - folder: relative paths are relative to it.
  public init(yaml: String, fileName: String = "recipe.yaml", folder: URL, overrides: [String] = []) throws {
    try self.init(
      ConfigurationDocument(text: yaml, name: fileName), fileName: fileName, folder: folder, overrides: overrides)
  }

  private init(_ document: ConfigurationDocument, fileName: String, folder: URL, overrides: [String]) throws {
    let lines = try document.entries(form: "a recipe is a mapping, one 'key: value' a line")
    var problems = document.problems
    var given: [String: RecipeSetting] = [:]
    for override in overrides {
      do {
        let setting = try RecipeSetting(override: override)
        given[setting.key] = setting
      } catch {
        problems += error.problems
      }
    }
    let written = lines.filter { given[$0.key] == nil }.map {
      RecipeSetting(key: $0.key, value: $0.node.value, location: $0.location, folder: folder)
    }
    name = URL(filePath: fileName).deletingPathExtension().lastPathComponent
    self.fileName = fileName
    entries = written + given.values.sorted { $0.key < $1.key }
    self.problems = problems
  }

  /// The plugins that the recipe names, to be loaded before it is resolved. Empty where the entry is wrong, which
  /// `resolve` reports.
  public var pluginFiles: [URL] {
    guard let entry = entries.first(where: { $0.key == RecipeKey.plugins.rawValue }),
      let value = entry.value.typed(as: .names),
      case .list(let names)? = RecipeKey.plugins.specification.accepted(value)
    else { return [] }
    return names.map { entry.path($0.description) }
  }
}

extension RecipeSetting {
  /// `text` as a path, absolute.
  func path(_ text: String) -> URL { URL(filePath: text, relativeTo: folder).absoluteURL.standardizedFileURL }
}
