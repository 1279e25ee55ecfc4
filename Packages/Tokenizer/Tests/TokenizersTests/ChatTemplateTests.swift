import Foundation
import Testing

@testable import Tokenizers

/// Conversations and small templates, rendered as transformers renders them.
@Suite struct ChatTemplateTests {
  /// Those of models in use, and ours with the constructs of others, over conversations of every kind.
  @Test func templatesOfModelsRenderAsTheReference() throws {
    let cases = try ChatCase.all("conversations.json")
    #expect(cases.count >= 400)
    for example in cases { try example.check() }
  }

  /// One construct each.
  @Test func smallTemplatesRenderAsTheReference() throws {
    let cases = try ChatCase.all("constructs.json")
    #expect(cases.count >= 400)
    for example in cases { try example.check() }
  }

  /// Renders cases of one's own, for comparison with the reference:
  ///
  ///     CHAT_CASES=cases.json swift test --filter ChatTemplateTests
  ///
  /// `References/chat-templates/make_goldens.py --random COUNT SEED > cases.json` makes them.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["CHAT_CASES"] != nil))
  func rendersCasesFromOutside() throws {
    let file = try #require(ProcessInfo.processInfo.environment["CHAT_CASES"])
    let cases = try ChatCase.read(try JSONNode(contentsOf: URL(fileURLWithPath: file)))
    var counts: [String: Int] = [:]
    for example in cases {
      let difference = try example.difference()
      counts[difference?.kind ?? "equal", default: 0] += 1
      if let difference { print("\(difference.kind)\n\(example)\n\(difference.text)\n") }
    }
    let summary = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    print("\(cases.count) cases: \(summary)")
  }

  @Test func specialTokensAndBuiltInTemplate() throws {
    let tokenizer = try Fixture.tokenizer("stories260K")
    #expect(throws: TokenizerError.self) { try tokenizer.render(chat: [.user("Hi")]) }
    let chat: [ChatMessage] = [.user("Hi"), .assistant("Hello."), .user("Who are you?")]
    let text = try ChatTemplate.vicuna.render(chat, specialTokens: ["bos_token": "<s>", "eos_token": "</s>"])
    #expect(
      text == """
        <s>A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, \
        detailed, and polite answers to the user's questions. USER: Hi ASSISTANT: Hello.</s>USER: Who are you? \
        ASSISTANT:
        """)
    let brief = try ChatTemplate.vicuna.render([.system("Be brief."), .user("Hi")], addingGenerationPrompt: false)
    #expect(brief == "Be brief. USER: Hi ")
    for template in ChatTemplate.builtIn.values {
      #expect(throws: TokenizerError.self) { try template.render([.assistant("Hi")]) }
    }
  }

  @Test func encodedChatsHaveOneBeginning() throws {
    var result: Tokenizer?
    let template =
      "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}\\n{% endfor %}"
      + "{% if add_generation_prompt %}assistant:{% endif %}"
    let configuration =
      #"{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": true, "chat_template": "\#(template)"}"#
    try TemporaryFolder.with([
      "tokenizer.json": Fixture.text("stories260K.json"), "tokenizer_config.json": configuration,
    ]) { result = try Tokenizer(folder: $0) }
    let tokenizer = try #require(result)
    let ids = try tokenizer.encode(chat: [.user("Once upon a time")])
    #expect(ids.count { $0 == tokenizer.beginningOfSequence } == 1)
    #expect(ids.first == tokenizer.beginningOfSequence)
    #expect(ids == tokenizer.encode("<s>user: Once upon a time</s>\nassistant:", addingSpecialTokens: false))
    let closed = try tokenizer.encode(chat: [.user("Once upon a time")], addingGenerationPrompt: false)
    #expect(ids.starts(with: closed.dropLast()))
  }

  @Test func messagesAreJSON() throws {
    let call: JSONValue = [
      ["type": "function", "function": ["name": "weather", "arguments": ["days": 3, "in": nil]]]
    ]
    let message = ChatMessage(role: "assistant", content: nil, fields: [("tool_calls", call), ("name", nil)])
    let template = try ChatTemplate("{{ messages[0] }}{{ messages[0].tool_calls[0].function | tojson }}")
    #expect(
      try template.render([message]) == """
        {'role': 'assistant', 'tool_calls': [{'type': 'function', 'function': {'name': 'weather', \
        'arguments': {'days': 3, 'in': None}}}]}{"name": "weather", "arguments": {"days": 3, "in": null}}
        """)
    #expect(try JSONValue(parsing: #"{"a": [1.5, true]}"#).text == #"{"a":[1.5,true]}"#)
    let error = #expect(throws: TokenizerError.self) { try JSONValue(parsing: "[1,\n 2") }
    #expect(error?.message.contains("line 2") == true && error?.file == nil)
    #expect(throws: TokenizerError.self) { try template.render([]) }
  }

  @Test func timeIsThatOfTheZoneGiven() throws {
    let template = try ChatTemplate("{{ strftime_now('%d %b %Y, %A %B %e, %j %y-%m %H:%M:%S %I %p %%') }}")
    let date = Date(timeIntervalSince1970: 1_722_441_600 + 3_661)  // 2024-07-31 17:01:01 UTC
    let zone = try #require(TimeZone(secondsFromGMT: 8 * 3600))
    let text = try template.render([.user("")], date: date, timeZone: zone)
    #expect(text == "01 Aug 2024, Thursday August  1, 214 24-08 01:01:01 01 AM %")
  }
}

extension JSONValue {
  /// As JSON without spaces.
  fileprivate var text: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let text): "\"\(text)\""
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members): "{" + members.map { "\"\($0.key)\":\($0.value.text)" }.joined(separator: ",") + "}"
    }
  }
}
