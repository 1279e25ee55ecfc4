import Foundation
import TuningCore

/// A value as a text gives it, before anything is known of its key.
public enum ConfigurationValue: Sendable, Equatable {
  /// A scalar without quotes: text, or whatever the key takes.
  case plain(String)
  case quoted(String)
  case list([String])
  /// Nothing, or something that no key takes; in words.
  case unusable(String)

  /// In the kind that a key takes; what does not fit stays text, which the key's specification refuses.
  public func typed(as kind: OptionSpecification.Kind) -> OptionValue? {
    switch self {
    case .unusable: return nil
    case .list(let texts): return .list(texts.map(OptionValue.text))
    case .quoted(let text): return .text(text)
    case .plain(let text):
      switch kind {
      case .choice, .text, .names: return .text(text)
      case .boolean, .integer, .number, .fraction: return Self.untyped(text)
      }
    }
  }

  /// As the YAML core schema reads it, with `1e-3` a number.
  public var untyped: OptionValue? {
    if case .plain(let text) = self { Self.untyped(text) } else { typed(as: .text) }
  }

  private static func untyped(_ text: String) -> OptionValue {
    switch text {
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    default: break
    }
    let startsAsNumber = text.first.map { "+-.0123456789".contains($0) } ?? false
    guard startsAsNumber, !text.lowercased().contains("x") else { return .text(text) }
    if let integer = Int(text) { return .integer(integer) }
    if let number = Double(text), number.isFinite { return .number(number) }
    return .text(text)
  }

  /// As messages show it.
  public var shown: String {
    switch self {
    case .plain(let text): "'\(text)'"
    case .quoted(let text): "the quoted text \"\(text)\""
    case .list(let texts): "[\(texts.joined(separator: ", "))]"
    case .unusable(let what): what
    }
  }
}

extension OptionValue {
  /// In a form of YAML from which `ConfigurationValue.untyped` reads the same value.
  public var yaml: String {
    switch self {
    case .boolean, .integer, .number: description
    case .text(let text): Self.yaml(text)
    case .list(let values):
      "["
        + values.map { value in
          if case .text(let text) = value { Self.yaml(text) } else { value.yaml }
        }.joined(separator: ", ") + "]"
    }
  }

  private static let plainBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-".utf8)
  private static let reserved: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]

  /// Without quotes where no reader of YAML could take it for anything but text.
  private static func yaml(_ text: String) -> String {
    let startsAsText = text.utf8.first.map { $0 == UInt8(ascii: "/") || $0.isLetter } ?? false
    if startsAsText, text.utf8.allSatisfy(plainBytes.contains), !reserved.contains(text.lowercased()) { return text }
    let escaped = text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case "\n": "\\n"
      case "\t": "\\t"
      default:
        scalar.properties.generalCategory == .control || (0x2028...0x2029).contains(scalar.value)
          || scalar.value == 0xFEFF
          ? String(format: "\\u%04X", scalar.value) : String(scalar)
      }
    }
    return "\"" + escaped.joined() + "\""
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}
