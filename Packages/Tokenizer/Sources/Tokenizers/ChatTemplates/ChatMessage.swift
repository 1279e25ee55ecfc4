/// One message of a conversation.
public struct ChatMessage: Sendable {
  /// Who speaks: "system", "user", "assistant", "tool", or what else the model's template knows.
  public var role: String
  /// What is said: text for most models, a list of parts for some; nil for a message that only calls tools.
  public var content: JSONValue?
  /// Further members, such as "tool_calls", "name" or "reasoning_content", in the order templates see them.
  public var fields: [(key: String, value: JSONValue)]

  public init(role: String, content: JSONValue?, fields: [(key: String, value: JSONValue)] = []) {
    self.role = role
    self.content = content
    self.fields = fields
  }

  /// A message of text.
  public init(role: String, content: String) { self.init(role: role, content: .string(content)) }

  /// Rules for the whole conversation.
  public static func system(_ text: String) -> Self { Self(role: "system", content: text) }
  /// What the person says.
  public static func user(_ text: String) -> Self { Self(role: "user", content: text) }
  /// What the model said.
  public static func assistant(_ text: String) -> Self { Self(role: "assistant", content: text) }

  /// The message as templates see it. As in transformers, members that are null are left out, and reasoning is there
  /// under its old and new names.
  var object: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("role", .string(role))]
    if let content { members.append(("content", content)) }
    members += fields
    members.removeAll { if case .null = $0.value { true } else { false } }
    let reasoning = ["reasoning_content", "thinking", "reasoning"].lazy
      .compactMap { name in members.first { $0.key == name } }.first?.value
    if let reasoning {
      if !members.contains(where: { $0.key == "thinking" }) { members.insert(("thinking", reasoning), at: 0) }
      members.removeAll { $0.key == "reasoning_content" }
      members.append(("reasoning_content", reasoning))
    }
    return .object(members)
  }
}
