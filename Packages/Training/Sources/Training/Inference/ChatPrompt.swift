import Foundation
import Tokenizers

/// A question worded by a chat template, ready for the model to answer.
public struct ChatPrompt: Sendable, Equatable {
  public var text: String
  public var ids: [Int32]

  public init(text: String, ids: [Int32]) {
    self.text = text
    self.ids = ids
  }
}

extension InferenceModel {
  /// A question as the model's chat template words it.
  ///
  /// - Parameters:
  ///   - question: what the user says.
  ///   - system: rules for the answer; nil for the template's own.
  ///   - template: instead of the model's own, a built-in one by its name (`ChatTemplate.builtIn`) or a file of Jinja.
  /// - Throws: `TrainingError.invalidInput` where there is no template, none of that name, or the template fails.
  public func chatPrompt(_ question: String, system: String? = nil, template: String? = nil) throws -> ChatPrompt {
    let messages = (system.map { [ChatMessage.system($0)] } ?? []) + [.user(question)]
    do {
      let template = try template.map(Self.chatTemplate) ?? tokenizer.readChatTemplate()
      let text = try tokenizer.render(chat: messages, template: template)
      return ChatPrompt(text: text, ids: tokenizer.encode(text, addingSpecialTokens: false))
    } catch let error as TokenizerError where error.code == .missingChatTemplate {
      throw TrainingError(
        .invalidInput,
        "the model came without a chat template; name one by --template (\(Self.builtInNames), or a file of Jinja), "
          + "or continue plain text")
    } catch let error as TokenizerError {
      throw TrainingError(.invalidInput, error.message)
    }
  }

  /// Ids that end an answer: the model's own, and the tokenizer's end of sequence.
  public var chatStopTokens: Set<Int32> {
    Set(pretrained.stopTokens).union(tokenizer.endOfSequence.map { [$0] } ?? [])
  }

  private static var builtInNames: String { ChatTemplate.builtIn.keys.sorted().joined(separator: ", ") }

  private static func chatTemplate(_ name: String) throws -> ChatTemplate {
    if let template = ChatTemplate.builtIn[name] { return template }
    guard let data = FileManager.default.contents(atPath: name) else {
      throw TrainingError(.invalidInput, "'\(name)' is no built-in chat template (\(builtInNames)) and no file")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw TrainingError(.invalidInput, "\(name): not UTF-8 text")
    }
    do {
      return try ChatTemplate(text)
    } catch let error as TokenizerError {
      throw TrainingError(.invalidInput, "\(name): \(error.message)")
    }
  }
}
