/// Why a template could not be read or rendered, where it happened: a `TokenizerError` before line and column.
struct TemplateFailure: Error {
  var code: TokenizerError.Code
  var message: String
  /// Bytes from the start of the template; nil until an expression or statement says where it stands.
  var position: Int?

  init(_ code: TokenizerError.Code, _ message: String, at position: Int? = nil) {
    self.code = code
    self.message = message
    self.position = position
  }

  /// Syntax or a name that Jinja has and this package has not.
  static func unsupported(_ what: String, at position: Int? = nil) -> Self {
    Self(.unsupportedChatTemplate, "\(what) is not supported", at: position)
  }

  /// What Python or Jinja would raise while rendering.
  static func failed(_ message: String) -> Self { Self(.chatTemplateFailed, message) }

  func error(in template: String) -> TokenizerError {
    guard let position else { return TokenizerError(code, message) }
    var line = 1
    var column = 1
    for byte in template.utf8.prefix(position) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return TokenizerError(code, "chat template, line \(line), column \(column): \(message)")
  }
}

extension TokenizerError.Code {
  /// A chat template that is not Jinja; the message gives line and column.
  public static let malformedChatTemplate = Self(rawValue: "malformedChatTemplate")
  /// A chat template with a tag, filter, test or method that this package does not implement.
  public static let unsupportedChatTemplate = Self(rawValue: "unsupportedChatTemplate")
  /// A chat template failed on this conversation: a wrong type, an attribute of something undefined.
  public static let chatTemplateFailed = Self(rawValue: "chatTemplateFailed")
  /// A chat template refused this conversation by `raise_exception`, with the message it gave.
  public static let conversationRefused = Self(rawValue: "conversationRefused")
  /// A chat template asked for more work, depth or output than `ChatTemplate` allows.
  public static let chatTemplateLimit = Self(rawValue: "chatTemplateLimit")
  /// A tokenizer that came without a chat template.
  public static let missingChatTemplate = Self(rawValue: "missingChatTemplate")
}
