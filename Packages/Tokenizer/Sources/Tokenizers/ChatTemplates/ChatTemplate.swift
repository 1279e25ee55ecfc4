import Foundation

/// The Jinja template that turns a conversation into the text a model was trained on, read once and rendered often.
///
/// What it renders is what transformers' `apply_chat_template(..., tokenize=False)` (5.23, on Jinja 3.1) renders:
/// `trim_blocks` and `lstrip_blocks` on, `break` and `continue`, `{% generation %}`, `raise_exception`,
/// `strftime_now`, its `tojson`, and the sandbox in which lists and dictionaries cannot be changed. Of Jinja there is
/// what chat templates use. Everything else (inheritance and includes, recursive loops, `*arguments`, string formatting,
/// rarer filters and methods) is refused by name, with line and column.
///
/// A template may come from a stranger. It can reach nothing but what it is given, and it is stopped by limits: 100
/// levels of nesting in the text and in values, 400 of calls, ranges of 100,000 numbers, 64-bit integers, and
/// `mostWork` in all.
public struct ChatTemplate: Sendable {
  /// What rendering may cost, in steps: one for each expression and each value of a list, one for eight bytes of text
  /// made or searched. About a second.
  public static let mostWork = 10_000_000

  /// The template as it was given.
  public let source: String
  private let normalized: String
  private let program: TemplateProgram

  /// Reads a template.
  ///
  /// - Throws: `TokenizerError` with `malformedChatTemplate`, `unsupportedChatTemplate` or `chatTemplateLimit`; the
  ///   message gives line and column.
  public init(_ source: String) throws {
    self.source = source
    normalized = TemplateLexer.normalized(source)
    do {
      program = try TemplateProgram(normalized)
    } catch let failure as TemplateFailure {
      throw failure.error(in: normalized)
    }
  }

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - messages: the conversation; at least one message.
  ///   - addingGenerationPrompt: whether the text ends with the opening of the assistant's turn.
  ///   - tools: JSON schemas of functions that the model may call. Without any, templates see `none`.
  ///   - documents: texts to answer from, as objects with "title" and "text". Without any, templates see `none`.
  ///   - specialTokens: by the names templates know them by: "bos_token", "eos_token"...
  ///   - variables: further ones, such as "enable_thinking"; they take precedence over special tokens.
  ///   - date: the time that templates ask for by `strftime_now`.
  ///   - timeZone: where that time is read.
  /// - Throws: `TokenizerError`: `conversationRefused` with the template's own message where it calls
  ///   `raise_exception`, `chatTemplateFailed` where Python would fail, `unsupportedChatTemplate`, `chatTemplateLimit`.
  public func render(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool = true, tools: [JSONValue]? = nil,
    documents: [JSONValue]? = nil, specialTokens: [String: String] = [:], variables: [String: JSONValue] = [:],
    date: Date = Date(), timeZone: TimeZone = .current
  ) throws -> String {
    var variables = variables
    for (name, token) in specialTokens where variables[name] == nil { variables[name] = .string(token) }
    return try render(
      messages, addingGenerationPrompt, tools: tools, documents: documents, variables: variables,
      clock: TemplateClock(date: date, timeZone: timeZone), work: Self.mostWork)
  }

  /// With at most `work` steps.
  func render(
    _ messages: [ChatMessage], _ addingGenerationPrompt: Bool, tools: [JSONValue]? = nil,
    documents: [JSONValue]? = nil, variables: [String: JSONValue] = [:], clock: TemplateClock, work: Int
  ) throws -> String {
    guard !messages.isEmpty else {
      throw TokenizerError(.invalidContent, "a conversation of no messages; give at least one")
    }
    do {
      var values: [(name: String, value: TemplateValue)] = [
        ("messages", try .list(try messages.map { try TemplateValue($0.object) })),
        ("tools", try tools.map { try TemplateValue(.array($0)) } ?? .none),
        ("documents", try documents.map { try TemplateValue(.array($0)) } ?? .none),
        ("add_generation_prompt", .boolean(addingGenerationPrompt)),
      ]
      for (name, value) in variables { values.append((name, try TemplateValue(value))) }
      return try TemplateRenderer(program, variables: values, clock: clock, work: work).render()
    } catch let failure as TemplateFailure {
      throw failure.error(in: normalized)
    }
  }
}

extension TemplateValue {
  init(_ json: JSONValue, depth: Int = 0) throws {
    guard depth <= Self.deepest else {
      throw TemplateFailure(.chatTemplateLimit, "values nested deeper than \(Self.deepest) levels")
    }
    switch json {
    case .null: self = .none
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .array(let values): self = try .list(try values.map { try Self($0, depth: depth + 1) })
    case .object(let members):
      let pairs = try members.map { (key: Self.string($0.key), value: try Self($0.value, depth: depth + 1)) }
      self = .dictionary(try TemplateDictionary(pairs))
    }
  }
}
