/// A file of a bundle, by its content.
public struct BundleMember: Sendable, Hashable, Codable {
  /// What a file is there for.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// A run's ledger: docs/ledger-format.md.
    case ledger
    case recipe
    /// Final results as the program wrote them.
    case result
    /// What was measured on the way.
    case metrics
    /// What the model answered, example by example.
    case predictions
    /// Weights of a model or of an adapter.
    case weights
    case tokenizer
    case configuration
    /// Of a data set.
    case data
    /// The terms that something is given under.
    case licence
    /// For people: a README, a report, a picture.
    case document
    case other
  }

  /// Relative, with `/` between its parts; held to the rules of docs/bundle-format.md, section "Paths".
  public let path: String
  public let kind: Kind
  /// Bytes.
  public let size: Int
  public let sha256: ContentHash

  public init(path: String, kind: Kind, size: Int, sha256: ContentHash) {
    self.path = path
    self.kind = kind
    self.size = size
    self.sha256 = sha256
  }
}
