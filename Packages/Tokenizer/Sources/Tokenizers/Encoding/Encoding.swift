/// The tokens of a text, or of a pair of texts, and where each comes from.
///
/// All lists have one element for each token.
public struct Encoding: Sendable, Equatable {
  /// What offsets count.
  public enum OffsetUnit: Sendable {
    /// Bytes of UTF-8: indices into `text.utf8`.
    case utf8
    /// Unicode scalars, which is what Python's strings and so the offsets of the Python package count.
    case unicodeScalars
  }

  /// The token ids, special tokens included.
  public var ids: [Int32] = []
  /// The part of its text that each token stands for, as far as the tokenizer says: a byte-level token that is part of a
  /// character stands for the whole character, a replaced character for what it replaces. Special tokens that the
  /// tokenizer added stand for nothing: `0..<0`.
  public var offsets: [Range<Int>] = []
  /// The segment each token belongs to, as BERT's type embeddings count them; 0 throughout for models without.
  public var typeIDs: [Int32] = []
  /// Whether the tokenizer added the token around the texts. One that was written out in a text does not count.
  public var specialTokensMask: [Bool] = []
  /// Which text a token comes from: 0, or 1 for the second of a pair; nil for tokens that were added.
  public var textIndices: [Int?] = []

  public init() {}
}
