import Foundation
internal import Yams

/// A piece of a YAML text, and where it stands.
public struct ConfigurationNode: Sendable, Equatable {
  /// A key with what it is given.
  public struct Entry: Sendable, Equatable {
    public var key: String
    /// Of the key: `recipe.yaml:4`
    public var location: String
    public var node: ConfigurationNode
  }

  public indirect enum Content: Sendable, Equatable {
    /// A scalar, or nothing.
    case value(ConfigurationValue)
    case list([ConfigurationNode])
    /// In the order of the text.
    case mapping([Entry])

    /// What an empty text, `~` and `null` are.
    public static let nothing = Content.value(.unusable("nothing"))
  }

  public var content: Content
  /// `recipe.yaml:4`
  public var location: String

  /// As a key takes it that wants one value or a list of values.
  public var value: ConfigurationValue {
    switch content {
    case .value(let value): return value
    case .list(let nodes):
      let texts = nodes.compactMap(\.text)
      if texts.count == nodes.count { return .list(texts) }
      return .unusable(nodes.contains { $0.content == .nothing } ? "a list with an empty entry" : "a nested list")
    case .mapping: return .unusable("a mapping")
    }
  }

  /// Of a scalar, quoted or not.
  public var text: String? {
    switch content {
    case .value(.plain(let text)), .value(.quoted(let text)): text
    default: nil
    }
  }

  /// In words.
  public var kind: String {
    switch content {
    case .value(.unusable(let what)): what
    case .value: "a single value"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }
}

extension ConfigurationNode {
  /// - Parameter problems: takes up keys that are no words, in place of which nothing is read.
  init(_ node: Node, name: String, problems: inout [ConfigurationError.Problem]) {
    location = node.location(in: name)
    switch node {
    case .scalar(let scalar): content = .value(ConfigurationValue(scalar))
    case .sequence(let sequence):
      content = .list(sequence.map { ConfigurationNode($0, name: name, problems: &problems) })
    case .alias: content = .value(.unusable("an alias"))
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        let location = key.location(in: name)
        if case .scalar(let scalar) = key {
          let node = ConfigurationNode(value, name: name, problems: &problems)
          entries.append(Entry(key: scalar.string, location: location, node: node))
        } else {
          problems.append(.init(location: location, message: "a key is a word, not a list or a mapping"))
        }
      }
      content = .mapping(entries)
    }
  }
}

extension Node {
  fileprivate func location(in name: String) -> String { mark.map { "\(name):\($0.line)" } ?? name }
}

extension ConfigurationValue {
  fileprivate init(_ scalar: Node.Scalar) {
    switch scalar.style {
    case .plain where ["", "~", "null", "Null", "NULL"].contains(scalar.string): self = .unusable("nothing")
    case .plain, .any: self = .plain(scalar.string)
    case .singleQuoted, .doubleQuoted, .literal, .folded: self = .quoted(scalar.string)
    }
  }
}
