import Foundation
import TuningCore

/// What a person writes to describe a run: one YAML file, flat and closed. Keys are in docs/recipe.md; options of
/// components are written `lora.rank: 8`.
///
/// Reading keeps what is wrong; `resolve` reports all of it at once. In between, the plugins that the recipe names are
/// loaded, as its components are known only then.
public struct Recipe: Sendable {
  /// Larger files are not recipes.
  public static let greatestFileSize = 1 << 20

  /// The file's name without its extension; names the run.
  public let name: String
  /// For messages.
  let fileName: String
  let entries: [Entry]
  let problems: [RecipeError.Problem]

  /// A value and where it came from.
  struct Entry {
    var key: String
    var value: RecipeValue
    /// `recipe.yaml:4` or `--set lora.rnak=4`
    var location: String
    /// Relative paths are relative to it.
    var folder: URL
  }

  /// Reads a recipe.
  ///
  /// - Parameter overrides: `key=value` texts, each replacing what the file says of the key; the last one holds.
  ///   Relative paths in them are relative to the current folder, those of the file to the file's.
  /// - Throws: `RecipeError` where the file cannot be read, is larger than `greatestFileSize`, or is no YAML mapping.
  public init(contentsOf file: URL, overrides: [String] = []) throws {
    let name = file.lastPathComponent
    func fail(_ code: RecipeError.Code, _ message: String) -> RecipeError {
      RecipeError(code: code, problems: [.init(location: file.path, message: message)])
    }
    let data: Data
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      data = try handle.read(upToCount: Self.greatestFileSize + 1) ?? Data()
    } catch {
      throw fail(.unreadableFile, "cannot read the recipe: is it there, a file, and readable?")
    }
    guard data.count <= Self.greatestFileSize else {
      throw fail(.tooLarge, "larger than \(Self.greatestFileSize) bytes: a recipe is a short YAML file")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw fail(.invalidConfiguration, "not UTF-8 text: a recipe is a YAML file")
    }
    try self.init(
      yaml: text, fileName: name, folder: file.absoluteURL.deletingLastPathComponent(), overrides: overrides)
  }

  /// A recipe from its text.
  ///
  /// - Parameters:
  ///   - fileName: for messages.
  ///   - folder: relative paths are relative to it.
  public init(yaml: String, fileName: String = "recipe.yaml", folder: URL, overrides: [String] = []) throws {
    let document = try RecipeDocument(text: yaml, name: fileName)
    var problems = document.problems
    var given: [String: Entry] = [:]
    for override in overrides {
      let location = "--set \(override)"
      let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        problems.append(.init(location: location, message: "write key=value"))
        continue
      }
      let key = String(parts[0])
      do {
        given[key] = Entry(
          key: key, value: try RecipeValue(override: String(parts[1])), location: location, folder: .currentDirectory())
      } catch {
        problems.append(.init(location: location, message: "the value is not YAML: \(error.message)"))
      }
    }
    let written = document.entries.filter { given[$0.key] == nil }.map {
      Entry(key: $0.key, value: $0.value, location: $0.location, folder: folder)
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

extension Recipe.Entry {
  /// `text` as a path, absolute.
  func path(_ text: String) -> URL { URL(filePath: text, relativeTo: folder).absoluteURL.standardizedFileURL }
}
