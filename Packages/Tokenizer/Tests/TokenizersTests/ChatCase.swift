import Foundation
import Testing

@testable import Tokenizers

/// A template, what it is rendered with, and what the reference made of it.
struct ChatCase: CustomStringConvertible {
  enum Outcome {
    case text(String)
    /// By `raise_exception`, with this message.
    case refused(String)
    /// Another error: of syntax, of type.
    case failed(String)
  }

  var template: String
  var context: JSONNode
  var outcome: Outcome

  var description: String { "template: \(template.debugDescription)" }

  static func all(_ file: String) throws -> [ChatCase] { try read(try Fixture.node("chat-templates/" + file)) }

  /// `{"templates": {name: text}, "contexts": [...], "cases": [[template, context, text], ...]}`, where a template is
  /// its name or its text, and the outcome is a text or `{"refused": message}` or `{"failed": kind}`.
  static func read(_ node: JSONNode) throws -> [ChatCase] {
    let templates = Dictionary(
      uniqueKeysWithValues: try node.required("templates").members().map { member in
        (member.key, try JSONNode(value: member.value, path: member.key, file: node.file).string())
      })
    let contexts = try node.required("contexts").elements()
    return try node.required("cases").elements().map { row in
      let row = try row.elements()
      let template = try row[0].string()
      return ChatCase(
        template: templates[template] ?? template,
        context: contexts[try row[1].integer(in: contexts.indices.lowerBound...contexts.count - 1)],
        outcome: try outcome(row[2]))
    }
  }

  private static func outcome(_ node: JSONNode) throws -> Outcome {
    if case .string(let text) = node.value { return .text(text) }
    if let message = try node.optional("refused") { return .refused(try message.string()) }
    return .failed(try node.string("failed"))
  }

  func render() throws -> String {
    let messages = try context.required("messages").elements().map { node in
      let members = try node.members()
      return ChatMessage(
        role: try node.string("role"), content: members.first { $0.key == "content" }?.value,
        fields: members.filter { $0.key != "role" && $0.key != "content" })
    }
    let variables = try context.optional("variables")?.members() ?? []
    return try ChatTemplate(template).render(
      messages, addingGenerationPrompt: try context.boolean("add_generation_prompt", default: false),
      tools: try context.optional("tools")?.elements().map(\.value),
      documents: try context.optional("documents")?.elements().map(\.value),
      variables: Dictionary(variables.map { ($0.key, $0.value) }) { $1 },
      date: Date(timeIntervalSince1970: 1_722_441_600), timeZone: try #require(TimeZone(secondsFromGMT: 0)))
  }

  func check(_ location: SourceLocation = #_sourceLocation) throws {
    if let difference = try difference() {
      Issue.record("\(difference.kind): \(self)\n\(difference.text)", sourceLocation: location)
    }
  }

  /// What differs from the reference; nil if nothing does.
  func difference() throws -> (kind: String, text: String)? {
    do {
      let text = try render()
      switch outcome {
      case .text(let expected) where expected.utf8.elementsEqual(text.utf8): return nil
      case .text(let expected):
        return ("other text", "expected \(expected.debugDescription)\nrendered \(text.debugDescription)")
      case .refused(let message), .failed(let message):
        return ("no error", "expected the error \(message)\nrendered \(text.debugDescription)")
      }
    } catch let error as TokenizerError {
      switch outcome {
      case .text(let expected):
        return (error.code.rawValue, "expected \(expected.debugDescription)\nthrew \(error)")
      case .refused(let message):
        let isSame = error.code == .conversationRefused && error.message.hasSuffix(": " + message)
        return isSame ? nil : ("other refusal", "expected \(message)\nthrew \(error)")
      case .failed:
        return error.code == .conversationRefused ? ("other error", "threw \(error)") : nil
      }
    }
  }
}
