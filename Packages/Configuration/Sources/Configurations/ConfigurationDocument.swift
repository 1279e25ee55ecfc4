import Foundation
import TuningCore
internal import Yams

/// A YAML text taken apart: nodes with their lines, and keys that are given more than once.
public struct ConfigurationDocument: Sendable {
  /// Larger files are no configuration.
  public static let greatestFileSize = 1 << 20

  /// Nothing, for a text without any content.
  public let root: ConfigurationNode
  /// Repeated keys, of which the first one holds, and keys that are no words.
  public private(set) var problems: [ConfigurationError.Problem] = []

  /// Reads a file.
  ///
  /// - Parameter kind: what the file is, for messages: `recipe`.
  /// - Throws: `ConfigurationError` where it cannot be read, is larger than `greatestFileSize`, or is no YAML.
  public init(contentsOf file: URL, kind: String) throws {
    try self.init(text: Self.text(of: file, kind: kind), name: file.lastPathComponent)
  }

  /// - Parameter name: the file's, for messages.
  /// - Throws: `ConfigurationError.invalidConfiguration` where the text is not YAML, so that nothing more can be said of it.
  public init(text: String, name: String) throws {
    var problems: [ConfigurationError.Problem] = []
    func fail(_ line: Int?, _ message: String) -> ConfigurationError {
      let location = line.map { "\(name):\($0)" } ?? name
      return ConfigurationError(
        code: .invalidConfiguration, problems: problems + [.init(location: location, message: message)])
    }
    guard Self.aliasCount(in: text) <= 12 else {
      throw fail(nil, "more than a dozen YAML aliases (*name): write the values out")
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
      self.root =
        root.map { ConfigurationNode($0, name: name, problems: &problems) }
        ?? ConfigurationNode(content: .nothing, location: name)
    } catch let error as YamlError {
      if case .duplicatedKeysInMapping = error {
        throw ConfigurationError(code: .invalidConfiguration, problems: problems)
      }
      let (line, message) = error.place
      throw fail(line, "not YAML: \(message)")
    }
    self.problems = problems
  }

  /// The entries of a text that is one mapping; none for a text without content.
  ///
  /// - Parameter form: what the text should be, for the message: `a recipe is a mapping, one 'key: value' a line`.
  /// - Throws: `ConfigurationError.invalidConfiguration` for anything else.
  public func entries(form: String) throws -> [ConfigurationNode.Entry] {
    switch root.content {
    case .mapping(let entries): return entries
    case .nothing: return []
    default:
      throw ConfigurationError(
        code: .invalidConfiguration,
        problems: problems + [.init(location: root.location, message: "\(form); this is \(root.kind)")])
    }
  }

  private static func text(of file: URL, kind: String) throws -> String {
    func fail(_ code: ConfigurationError.Code, _ message: String) -> ConfigurationError {
      ConfigurationError(code: code, problems: [.init(location: file.path, message: message)])
    }
    let data: Data
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      data = try handle.read(upToCount: Self.greatestFileSize + 1) ?? Data()
    } catch {
      throw fail(.unreadableFile, "cannot read the \(kind): is it there, a file, and readable?")
    }
    guard data.count <= Self.greatestFileSize else {
      throw fail(.tooLarge, "larger than \(Self.greatestFileSize) bytes: a \(kind) is a short YAML file")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw fail(.invalidConfiguration, "not UTF-8 text: a \(kind) is a YAML file")
    }
    return text
  }

  /// Aliases of aliases grow exponentially when they are compared as keys; no configuration has a use for them.
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
  ) -> ConfigurationError.Problem {
    var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
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

extension ConfigurationValue {
  /// The value of an override: the text after `key=`.
  public init(override text: String) throws(ConfigurationError.Reason) {
    do {
      var problems: [ConfigurationError.Problem] = []
      let node = try Yams.compose(yaml: text, .basic).map { ConfigurationNode($0, name: "", problems: &problems) }
      self = node?.value ?? .unusable("nothing")
      // What it takes away from a name would be missed.
      if case .plain = self, case .text? = untyped, text.contains(" #") {
        throw ConfigurationError.Reason(message: "' #' begins a comment: put the value into quotes")
      }
    } catch let error as YamlError {
      throw ConfigurationError.Reason(message: error.place.message)
    } catch {
      throw error as? ConfigurationError.Reason ?? ConfigurationError.Reason(message: "\(error)")
    }
  }
}

extension ConfigurationError {
  /// Why a piece of text is not YAML.
  public struct Reason: Error { public let message: String }
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
