/// The tokenizer that a GGUF file carries in its metadata, as its reader found it.
///
/// Each property is the value of the key `tokenizer.ggml.…` named beside it; a reader of GGUF files fills this in, and
/// this package knows nothing of the file format itself.
public struct GGUFVocabulary: Sendable {
  /// `model`: the kind of tokenizer. This version reads `gpt2`, which is byte-level BPE, and `llama`, which is
  /// SentencePiece's byte-pair encoding.
  public var model: String
  /// `pre`: the name of the rule by which text is split before merging (`smollm`, `gpt-2`, `llama-bpe`, ...).
  public var pre: String?
  /// `tokens`: texts by id.
  public var tokens: [String]
  /// `token_type`: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. Nil: all normal.
  public var tokenTypes: [Int32]?
  /// `merges`: pairs of tokens with one space between them, most preferred first.
  public var merges: [String]
  /// `scores`: by id, for `llama`: the pair of tokens that makes the token of highest score is merged first.
  public var scores: [Float]?
  /// `bos_token_id`.
  public var beginningOfSequence: Int32?
  /// `eos_token_id`.
  public var endOfSequence: Int32?
  /// `unknown_token_id`.
  public var unknown: Int32?
  /// `padding_token_id`.
  public var padding: Int32?
  /// `add_bos_token`. Nil: what is usual for `pre`.
  public var addsBeginningOfSequence: Bool?
  /// `add_eos_token`. Nil: false.
  public var addsEndOfSequence: Bool?
  /// `add_space_prefix`, for `llama`. Nil: true.
  public var addsSpacePrefix: Bool?
  /// `tokenizer.chat_template`.
  public var chatTemplate: String?

  public init(
    model: String, pre: String? = nil, tokens: [String], tokenTypes: [Int32]? = nil, merges: [String] = [],
    scores: [Float]? = nil,
    beginningOfSequence: Int32? = nil, endOfSequence: Int32? = nil, unknown: Int32? = nil, padding: Int32? = nil,
    addsBeginningOfSequence: Bool? = nil, addsEndOfSequence: Bool? = nil, addsSpacePrefix: Bool? = nil,
    chatTemplate: String? = nil
  ) {
    self.model = model
    self.pre = pre
    self.tokens = tokens
    self.tokenTypes = tokenTypes
    self.merges = merges
    self.scores = scores
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.unknown = unknown
    self.padding = padding
    self.addsBeginningOfSequence = addsBeginningOfSequence
    self.addsEndOfSequence = addsEndOfSequence
    self.addsSpacePrefix = addsSpacePrefix
    self.chatTemplate = chatTemplate
  }
}
