import Configurations
import Foundation
import Training

/// What a person writes to describe a benchmark: the keys that its runs share, axes that are combined, seeds, and rules
/// for some of the combinations. docs/benchmark-grids.md has the format.
public struct Grid: Sendable {
  /// Names the benchmark.
  public let name: String
  /// For messages.
  public let fileName: String
  /// Where the benchmark is kept; nil: runs/NAME in the current folder.
  public let output: URL?
  /// Keys of every run's recipe.
  let base: [RecipeSetting]
  /// What is combined; no seeds.
  public let axes: [GridAxis]
  /// Each combination is run with every one of them.
  public let seeds: GridAxis
  let rules: [GridRule]
  /// nil: the recipe's `steps` say it.
  public let budget: Budget?
  /// Looks at dev in a run; nil: the recipe's `evaluate_every` says it.
  public let evaluations: Int?
  public let search: SearchMethod
  /// Of `--set`: they stand in the place of what `base` says.
  let overrides: [RecipeSetting]
  let problems: [ConfigurationError.Problem]

  /// More combinations are a mistake.
  public static let greatestCombinationCount = 10_000
  /// When so many are known, no more are looked for.
  static let greatestProblemCount = 100

  /// Reads a grid. What is wrong with it is kept; `Grid.expand` reports all of it at once.
  ///
  /// - Parameter overrides: `key=value` texts for keys of recipes, in the place of what `base` says.
  /// - Throws: `ConfigurationError` where the file cannot be read, is too large, or is no YAML mapping.
  public init(contentsOf file: URL, overrides: [String] = []) throws {
    try self.init(
      ConfigurationDocument(contentsOf: file, kind: "grid"), fileName: file.lastPathComponent,
      folder: file.absoluteURL.deletingLastPathComponent(), overrides: overrides)
  }

  /// A grid from its text.
  ///
  /// - Parameters:
  ///   - fileName: for messages.
  ///   - folder: relative paths are relative to it.
  public init(yaml: String, fileName: String = "grid.yaml", folder: URL, overrides: [String] = []) throws {
    try self.init(
      ConfigurationDocument(text: yaml, name: fileName), fileName: fileName, folder: folder, overrides: overrides)
  }

  private init(_ document: ConfigurationDocument, fileName: String, folder: URL, overrides: [String]) throws {
    let entries = try document.entries(
      form: "a grid is a mapping with base, axes, seeds, budget, rules and search; see docs/benchmark-grids.md")
    var reader = GridReader(fileName: fileName, folder: folder, problems: document.problems)
    reader.read(entries)
    self.overrides = reader.overrides(overrides)
    reader.checkTogether(self.overrides)
    self.fileName = fileName
    name = reader.name ?? URL(filePath: fileName).deletingPathExtension().lastPathComponent
    output = reader.output
    base = reader.base
    axes = reader.axes
    seeds = reader.seeds ?? GridAxis(name: GridAxis.seedName, location: fileName, values: [.seed(0, in: folder)])
    rules = reader.rules
    budget = reader.budget
    evaluations = reader.evaluations
    search = reader.search
    problems = reader.problems
  }

  /// A recipe of what all runs share, for the plugins that it names.
  public var shared: Recipe {
    Recipe(name: name, fileName: fileName, settings: base.replacing(overrides))
  }
}

extension Grid {
  /// Of a run, where the grid says it for all of them.
  public var threads: Int? {
    guard case .integer(let count)? = base.replacing(overrides)["threads"]?.value.untyped, count > 0 else { return nil }
    return count
  }
}

/// One thing in which runs differ, with the names under which tables show its values.
public struct GridAxis: Sendable {
  /// What one of an axis's labels means: keys of the recipe.
  public struct Value: Sendable {
    public let label: String
    let settings: [RecipeSetting]
    let location: String

    static func seed(_ number: Int, in folder: URL) -> Value {
      Value(
        label: String(number),
        settings: [RecipeSetting(GridAxis.seedName, String(number), location: "seeds", folder: folder)],
        location: "seeds")
    }
  }

  static let seedName = "seed"

  public let name: String
  let location: String
  public let values: [Value]

  public var labels: [String] { values.map(\.label) }
}

/// What holds for some of the combinations, beside what holds for all.
struct GridRule: Sendable {
  /// A condition on an axis: one of these labels.
  struct Condition: Sendable {
    var axis: String
    var labels: Set<String>

    /// A label, or its beginning with a star.
    static func matches(_ label: String, _ pattern: String) -> Bool {
      pattern.hasSuffix("*") ? label.hasPrefix(pattern.dropLast()) : label == pattern
    }
  }

  var location: String
  /// All of them must hold; none: the rule is for every combination.
  var conditions: [Condition] = []
  var settings: [RecipeSetting] = []
  var space: [SearchedKey] = []
  var budget: Budget?
  /// Why the combinations are left out.
  var exclusion: String?

  func holds(for labels: [String: String]) -> Bool {
    conditions.allSatisfy { condition in labels[condition.axis].map(condition.labels.contains) ?? false }
  }
}

/// A key whose best value is searched for.
struct SearchedKey: Sendable {
  var key: String
  var location: String
  var values: [RecipeSetting]
}

extension [RecipeSetting] {
  /// These settings with `others` in the place of those of the same key, or after them.
  func replacing(_ others: [RecipeSetting]) -> [RecipeSetting] {
    var all = self
    for other in others {
      if let index = all.firstIndex(where: { $0.key == other.key }) {
        all[index] = other
      } else {
        all.append(other)
      }
    }
    return all
  }

  subscript(key: String) -> RecipeSetting? { first { $0.key == key } }
}
