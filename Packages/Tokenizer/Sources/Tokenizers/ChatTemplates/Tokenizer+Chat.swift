import Foundation

extension Tokenizer {
  /// The tokenizer's own chat template, read.
  ///
  /// - Throws: `TokenizerError` with `missingChatTemplate` where the files it came from have none, or with what
  ///   `ChatTemplate` says of it.
  public func readChatTemplate() throws -> ChatTemplate {
    guard let chatTemplate else {
      throw TokenizerError(
        .missingChatTemplate,
        "this tokenizer came without a chat template; pass one, such as ChatTemplate.vicuna, or continue plain text")
    }
    return try ChatTemplate(chatTemplate)
  }

  /// The special tokens by the names that chat templates know them by; those that the tokenizer has not are absent.
  public var chatTokens: [String: String] {
    let ids = [
      "bos_token": beginningOfSequence, "eos_token": endOfSequence, "pad_token": padding, "unk_token": unknown,
      "mask_token": mask,
    ]
    return ids.compactMapValues { $0.flatMap(token(for:)) }
  }

  /// The text of a conversation, by a chat template and with this tokenizer's special tokens.
  ///
  /// - Parameters:
  ///   - template: the tokenizer's own where nil.
  ///   - addingGenerationPrompt, tools, documents, variables: see `ChatTemplate.render`.
  /// - Throws: what `ChatTemplate.render` throws, and `missingChatTemplate`.
  public func render(
    chat messages: [ChatMessage], template: ChatTemplate? = nil, addingGenerationPrompt: Bool = true,
    tools: [JSONValue]? = nil, documents: [JSONValue]? = nil, variables: [String: JSONValue] = [:]
  ) throws -> String {
    try (try template ?? readChatTemplate()).render(
      messages, addingGenerationPrompt: addingGenerationPrompt, tools: tools, documents: documents,
      specialTokens: chatTokens, variables: variables)
  }

  /// The ids of a conversation, ready for the model to answer.
  ///
  /// Templates write special tokens out, BOS included, so none is added: what transformers' `apply_chat_template` gives.
  /// Special tokens that a message holds as text are recognised too; messages from strangers should hold none.
  public func encode(
    chat messages: [ChatMessage], template: ChatTemplate? = nil, addingGenerationPrompt: Bool = true
  ) throws -> [Int32] {
    let text = try render(chat: messages, template: template, addingGenerationPrompt: addingGenerationPrompt)
    return encode(text, addingSpecialTokens: false)
  }
}
