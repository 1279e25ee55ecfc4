/// What differs between two bundles.
public struct BundleDifference: Sendable, Hashable, Codable {
  /// One thing that is another in the second bundle, or only in one of them.
  public struct Change<Value: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    /// Path, key or name.
    public let name: String
    /// In the first bundle; nil where it has none.
    public let before: Value?
    /// In the second.
    public let after: Value?
  }

  /// Kind, title, program, source, licence and the ledger's summary, by their keys in the manifest.
  public let fields: [Change<String>]
  public let recipe: [Change<String>]
  public let versions: [Change<String>]
  /// By role and name.
  public let requirements: [Change<BundleRequirement>]
  public let results: [Change<Double>]
  /// By path: files added, removed, and of another content or kind.
  public let members: [Change<BundleMember>]

  /// Whether the bundles say and hold the same.
  public var isEmpty: Bool {
    fields.isEmpty && recipe.isEmpty && versions.isEmpty && requirements.isEmpty && results.isEmpty && members.isEmpty
  }
}
