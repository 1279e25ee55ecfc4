import Foundation

/// What tokenizer_config.json and the files beside it say: which token plays which part, and the chat template.
///
/// Only known keys are read: the file is a bag of settings for many programs, most of which concern none of this.
struct TokenizerConfiguration {
  var beginningOfSequence: String?
  var endOfSequence: String?
  var padding: String?
  var unknown: String?
  var addsBeginningOfSequence: Bool?
  var addsEndOfSequence: Bool?
  var chatTemplate: String?

  init() {}

  /// Reads tokenizer_config.json.
  init(configuration url: URL) throws {
    try read(url)
  }

  private mutating func read(_ url: URL) throws {
    let node = try JSONNode(contentsOf: url)
    try readTokens(node)
    addsBeginningOfSequence = try node.optional("add_bos_token")?.boolean()
    addsEndOfSequence = try node.optional("add_eos_token")?.boolean()
    chatTemplate = try node.optional("chat_template").flatMap { try Self.template($0) }
  }

  /// Reads what a model folder has of tokenizer_config.json, special_tokens_map.json and chat_template.jinja.
  init(folder: URL) throws {
    let configuration = folder.appendingPathComponent("tokenizer_config.json")
    if FileManager.default.fileExists(atPath: configuration.path) { try read(configuration) }
    let map = folder.appendingPathComponent("special_tokens_map.json")
    if FileManager.default.fileExists(atPath: map.path) { try readTokens(try JSONNode(contentsOf: map)) }
    let template = folder.appendingPathComponent("chat_template.jinja")
    if FileManager.default.fileExists(atPath: template.path) {
      guard let text = try? String(contentsOf: template, encoding: .utf8) else {
        throw TokenizerError(.unreadableFile, "the file is not UTF-8 text", file: template.path)
      }
      chatTemplate = text
    }
  }

  /// Fills in the tokens that are not known yet.
  private mutating func readTokens(_ node: JSONNode) throws {
    beginningOfSequence = try beginningOfSequence ?? node.optional("bos_token").map(Self.token)
    endOfSequence = try endOfSequence ?? node.optional("eos_token").map(Self.token)
    padding = try padding ?? node.optional("pad_token").map(Self.token)
    unknown = try unknown ?? node.optional("unk_token").map(Self.token)
  }

  /// `"<s>"`, or `{"content": "<s>", ...}`.
  private static func token(_ node: JSONNode) throws -> String {
    if case .string(let text) = node.value { return text }
    return try node.string("content")
  }

  /// One template, or a list of named ones of which `default` is meant.
  private static func template(_ node: JSONNode) throws -> String? {
    guard case .array = node.value else { return try node.string() }
    return try node.elements().first { try $0.string("name") == "default" }?.string("template")
  }
}
