import Foundation
import Testing

@testable import Tokenizers

/// The files in Fixtures; see SOURCE.md there.
enum Fixture {
  static func url(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
  }

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(tokenizerJSON: url(name + ".json"), configuration: nil)
  }

  /// Read without Foundation's parser, which would merge canonically equivalent keys.
  static func node(_ name: String) throws -> JSONNode { try JSONNode(contentsOf: url(name)) }

  static func lines() throws -> [String] { try node("lines.json").elements().map { try $0.string() } }

  struct Golden {
    var ids: [[Int32]]
    var decoded: [String?]
  }

  static func golden(_ name: String) throws -> Golden {
    let node = try node(name + ".golden.json")
    return Golden(
      ids: try node.required("ids").elements().map { try $0.elements().map { try $0.tokenID() } },
      decoded: try node.required("decoded").elements().map { $0.isNull ? nil : try $0.string() })
  }

  /// A tokenizer made from JSON text.
  static func tokenizer(json: String) throws -> Tokenizer {
    let node = JSONNode(value: try JSONParser.parse(json, file: "test.json"), path: "", file: "test.json")
    return try Tokenizer(node, TokenizerConfiguration())
  }
}

/// A tokenizer.json with parts replaced.
struct Variant: CustomTestStringConvertible {
  var name: String
  var base: String
  var overrides: JSONNode
  /// Four hexadecimal digits a line.
  var digests: [Substring]

  var testDescription: String { name }

  static func all() throws -> [Variant] {
    try Fixture.node("variants.json").elements().map { node in
      let digests = try node.string("digests")
      return Variant(
        name: try node.string("name"), base: try node.string("base"), overrides: try node.required("overrides"),
        digests: stride(from: 0, to: digests.utf8.count, by: 4).map { offset in
          digests.dropFirst(offset).prefix(4)
        })
    }
  }

  func tokenizer() throws -> Tokenizer {
    var members = try Fixture.node(base + ".json").members()
    for (key, value) in try overrides.members() {
      switch key {
      case "model": Self.replace(&members, key) { Self.merged($0, value) }
      case "more_added_tokens": Self.replace(&members, "added_tokens") { Self.joined($0, value) }
      default: Self.replace(&members, key) { _ in value }
      }
    }
    return try Tokenizer(JSONNode(value: .object(members), path: "", file: name), TokenizerConfiguration())
  }

  private static func replace(
    _ members: inout [(key: String, value: JSONValue)], _ key: String, _ change: (JSONValue) -> JSONValue
  ) {
    let old = members.first { $0.key == key }?.value ?? .null
    members.removeAll { $0.key == key }
    members.append((key, change(old)))
  }

  private static func merged(_ old: JSONValue, _ new: JSONValue) -> JSONValue {
    guard case .object(let old) = old, case .object(let new) = new else { return new }
    return .object(old.filter { member in !new.contains { $0.key == member.key } } + new)
  }

  private static func joined(_ old: JSONValue, _ new: JSONValue) -> JSONValue {
    guard case .array(let old) = old, case .array(let new) = new else { return new }
    return .array(old + new)
  }

  /// FNV-1a, folded to 16 bits.
  static func digest(_ ids: [Int32], _ text: String) -> String {
    var value: UInt32 = 0x811C_9DC5
    for byte in (ids.map(String.init).joined(separator: ",") + "|" + text).utf8 {
      value = (value ^ UInt32(byte)) &* 0x0100_0193
    }
    let digits = String(value >> 16 ^ value & 0xFFFF, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension Fixture {
  static func text(_ name: String) throws -> String { try String(contentsOf: url(name), encoding: .utf8) }
}

/// A folder that exists while a test runs.
enum TemporaryFolder {
  static func with(_ files: [String: String], _ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokenizers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, content) in files {
      try Data(content.utf8).write(to: folder.appendingPathComponent(name))
    }
    try body(folder)
  }
}

/// A small generator with a seed: the same numbers on every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
