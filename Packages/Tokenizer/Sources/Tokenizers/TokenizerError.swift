/// What went wrong while a tokenizer was read or used.
///
/// `code` is stable and meant for programs; `message` is meant for people, names the offending part and what to do
/// about it, and may change at any time.
public struct TokenizerError: Error, CustomStringConvertible, Sendable {
  /// The kind of a failure. An open set: later versions may add codes, so a `switch` needs a `default`.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A file is missing or cannot be read.
    public static let unreadableFile = Code(rawValue: "unreadableFile")
    /// A file is not JSON; the message gives line and column.
    public static let malformedJSON = Code(rawValue: "malformedJSON")
    /// A SentencePiece model, vocab.txt or merges.txt that is damaged; the message says where.
    public static let malformedFile = Code(rawValue: "malformedFile")
    /// A value has the wrong type, is out of range, or contradicts another one.
    public static let invalidContent = Code(rawValue: "invalidContent")
    /// A model, normalizer, pre-tokenizer, post-processor, decoder or option that this package does not implement.
    public static let unsupportedComponent = Code(rawValue: "unsupportedComponent")
    /// A regular expression with syntax that this package does not implement.
    public static let unsupportedPattern = Code(rawValue: "unsupportedPattern")
    /// An id that no token of the vocabulary has.
    public static let unknownID = Code(rawValue: "unknownID")
  }

  /// The kind of failure.
  public var code: Code
  /// What is wrong, where in the content, and how it may be remedied.
  public var message: String
  /// The file the content came from; nil where there is none.
  public var file: String?

  public init(_ code: Code, _ message: String, file: String? = nil) {
    self.code = code
    self.message = message
    self.file = file
  }

  /// The message, after the file it is about.
  public var description: String { (file.map { "\($0): " } ?? "") + message }
}
