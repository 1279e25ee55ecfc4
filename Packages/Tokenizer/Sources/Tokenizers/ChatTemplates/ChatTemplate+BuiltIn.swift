extension ChatTemplate {
  /// Templates of models whose folders have none, by name.
  public static let builtIn: [String: ChatTemplate] = ["vicuna": vicuna]

  /// The prompt of Vicuna 1.1 and later, as FastChat's `vicuna_v1.1` conversation has it: its system text unless the
  /// first message brings another, then `USER: ` and `ASSISTANT: ` in turn, EOS after each answer.
  public static let vicuna = known(
    """
    {%- if messages[0].role == 'system' -%}
      {%- set system, turns = messages[0].content, messages[1:] -%}
    {%- else -%}
      {%- set system, turns = "A chat between a curious user and an artificial intelligence assistant. The assistant \
    gives helpful, detailed, and polite answers to the user's questions.", messages -%}
    {%- endif -%}
    {{- bos_token ~ system ~ ' ' -}}
    {%- for message in turns -%}
      {%- if message.role != ('user' if loop.index0 is even else 'assistant') -%}
        {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') -}}
      {%- endif -%}
      {{- 'USER: ' ~ message.content ~ ' ' if message.role == 'user' else 'ASSISTANT: ' ~ message.content ~ eos_token -}}
    {%- endfor -%}
    {{- 'ASSISTANT:' if add_generation_prompt -}}
    """)

  /// A template of this file: tests render each, so it parses.
  private static func known(_ source: String) -> ChatTemplate {
    do {
      return try ChatTemplate(source)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
