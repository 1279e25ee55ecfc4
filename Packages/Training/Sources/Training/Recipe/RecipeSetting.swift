import Configurations
import Foundation

/// A key of a recipe with a value and where it was written.
public struct RecipeSetting: Sendable, Equatable {
  public var key: String
  public var value: ConfigurationValue
  /// `recipe.yaml:4` or `--set lora.rank=4`.
  public var location: String
  /// Relative paths in the value are relative to it.
  public var folder: URL

  public init(key: String, value: ConfigurationValue, location: String, folder: URL) {
    self.key = key
    self.value = value
    self.location = location
    self.folder = folder
  }

  /// A setting from the text of a value, read as YAML reads one without quotes.
  public init(_ key: String, _ text: String, location: String, folder: URL) {
    self.init(key: key, value: .plain(text), location: location, folder: folder)
  }

  /// What stands after `--set`: `key=value`, relative to the current folder.
  ///
  /// - Throws: `ConfigurationError.invalidConfiguration` with one problem.
  public init(override text: String) throws(ConfigurationError) {
    func fail(_ message: String) -> ConfigurationError {
      ConfigurationError(
        code: .invalidConfiguration, problems: [.init(location: "--set \(text)", message: message)])
    }
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else { throw fail("write key=value") }
    do {
      self.init(
        key: parts[0], value: try ConfigurationValue(override: parts[1]), location: "--set \(text)",
        folder: .currentDirectory())
    } catch {
      throw fail("the value is not YAML: \(error.message)")
    }
  }

  /// The value as text: a name, a number, a list.
  public var text: String {
    switch value {
    case .plain(let text), .quoted(let text), .unusable(let text): text
    case .list(let texts): texts.joined(separator: ",")
    }
  }
}

extension Recipe {
  /// A recipe of settings, no key twice.
  ///
  /// - Parameters:
  ///   - name: of the run.
  ///   - fileName: for messages.
  public init(name: String, fileName: String, settings: [RecipeSetting]) {
    self.name = name
    self.fileName = fileName
    entries = settings
    problems = []
  }

  /// The keys that recipes have, options of components apart.
  public static var keys: Set<String> { Set(RecipeKey.allCases.map(\.rawValue)) }

  /// The keys that name components, with what they name by default.
  public static var componentDefaults: [String: String] {
    Dictionary(
      uniqueKeysWithValues: RecipeKey.allCases.filter(\.namesComponent).map {
        ($0.rawValue, $0.specification.defaultValue.description)
      })
  }

  /// What stands where a component is not wanted.
  public static var noComponent: String { RecipeKey.none }
}
