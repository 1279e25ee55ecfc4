import Foundation
import TuningCore
internal import Yams

/// The text of a recipe taken apart: its keys with their values and lines, and what cannot be read of it.
struct RecipeDocument {
  struct Entry {
    var key: String
    var value: RecipeValue
    /// `recipe.yaml:4`
    var location: String
  }

  private(set) var entries: [Entry] = []
  private(set) var problems: [RecipeError.Problem] = []

  /// - Throws: `RecipeError.invalidConfiguration` where the text is not YAML or no mapping, so that nothing more can be
  ///   said of it.
  init(text: String, name: String) throws {
    func fail(_ line: Int?, _ message: String) -> RecipeError {
      let location = line.map { "\(name):\($0)" } ?? name
      return RecipeError(
        code: .invalidConfiguration, problems: problems + [.init(location: location, message: message)])
    }
    guard Self.aliasCount(in: text) <= 12 else {
      throw fail(nil, "more than a dozen YAML aliases (*name); a recipe is flat and needs none: write the values out")
    }
    do {
      var text = text
      let root: Node?
      do {
        root = try Yams.compose(yaml: text, .basic)
      } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
        for key in duplicates.sorted() {
          problems.append(Self.removeRepeats(of: key, in: &text, name: name, line: context.mark.line))
        }
        root = try Yams.compose(yaml: text, .basic)
      }
      switch root {
      case nil: break
      case .mapping(let mapping)?: for (key, value) in mapping { append(key, value, name: name) }
      case .scalar(let scalar)? where RecipeValue(.scalar(scalar)) == .unusable("nothing"): break
      case let other?:
        throw fail(
          other.mark?.line, "a recipe is a mapping, one 'key: value' a line; this is \(RecipeValue(other).kind)")
      }
    } catch let error as YamlError {
      if case .duplicatedKeysInMapping = error {
        throw RecipeError(code: .invalidConfiguration, problems: problems)
      }
      let (line, message) = error.place
      throw fail(line, "not YAML: \(message)")
    }
  }

  private mutating func append(_ key: Node, _ value: Node, name: String) {
    let location = key.mark.map { "\(name):\($0.line)" } ?? name
    guard case .scalar(let scalar) = key else {
      problems.append(.init(location: location, message: "a key is a word, not \(RecipeValue(key).kind)"))
      return
    }
    entries.append(Entry(key: scalar.string, value: RecipeValue(value), location: location))
  }

  /// Aliases of aliases grow exponentially when they are compared as keys; no recipe has a use for them.
  private static func aliasCount(in text: String) -> Int {
    var count = 0
    var previous = UInt8(ascii: "\n"), beforePrevious = previous
    for byte in text.utf8 {
      let isName = byte.isASCIIWord || byte == UInt8(ascii: "-")
      if previous == UInt8(ascii: "*"), isName, !beforePrevious.isASCIIWord, beforePrevious != previous { count += 1 }
      (beforePrevious, previous) = (previous, byte)
    }
    return count
  }

  /// Blanks all but the first of the top-level entries `key`, so that the rest can be read and reported too.
  private static func removeRepeats(
    of key: String, in text: inout String, name: String, line: Int
  ) -> RecipeError.Problem {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let starts = lines.indices.filter { lines[$0].hasPrefix(key) && lines[$0].dropFirst(key.count).first == ":" }
    for start in starts.dropFirst() {
      var end = start + 1
      while end < lines.count, lines[end].first.map({ " -\t#".contains($0) }) ?? true { end += 1 }
      for line in start..<end { lines[line] = "" }
    }
    text = lines.joined(separator: "\n")
    let places = starts.map { String($0 + 1) }
    return .init(
      location: "\(name):\(places.last ?? String(line))",
      message: "key '\(key)' is given more than once"
        + (places.count > 1 ? " (lines \(places.joined(separator: ", ")))" : "")
        + "; keep one")
  }
}

extension RecipeValue {
  /// The value of an override: the text after `key=`.
  init(override text: String) throws(RecipeError.Reason) {
    do {
      self = try Yams.compose(yaml: text, .basic).map(RecipeValue.init) ?? .unusable("nothing")
    } catch {
      throw RecipeError.Reason(message: (error as? YamlError)?.place.message ?? "\(error)")
    }
  }

  init(_ node: Node) {
    switch node {
    case .scalar(let scalar):
      switch scalar.style {
      case .plain where ["", "~", "null", "Null", "NULL"].contains(scalar.string): self = .unusable("nothing")
      case .plain, .any: self = .plain(scalar.string)
      case .singleQuoted, .doubleQuoted, .literal, .folded: self = .quoted(scalar.string)
      }
    case .sequence(let sequence):
      let texts = sequence.compactMap { node in if case .scalar(let scalar) = node { scalar.string } else { nil } }
      self = texts.count == sequence.count ? .list(texts) : .unusable("a nested list")
    case .mapping: self = .unusable("a mapping")
    case .alias: self = .unusable("an alias")
    }
  }

  /// In words.
  var kind: String {
    switch self {
    case .plain, .quoted: "a single value"
    case .list: "a list"
    case .unusable(let what): what
    }
  }
}

extension RecipeError {
  /// Why a piece of text is not YAML.
  struct Reason: Error { let message: String }
}

extension YamlError {
  /// Where and why, without the parser's own layout.
  fileprivate var place: (line: Int?, message: String) {
    switch self {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      (mark.line, (context.map { $0.text + ": " } ?? "") + problem)
    case .reader(let problem, _, _, _): (nil, problem)
    default: (nil, "\(self)")
    }
  }
}

extension UInt8 {
  fileprivate var isASCIIWord: Bool {
    self == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
  }
}
