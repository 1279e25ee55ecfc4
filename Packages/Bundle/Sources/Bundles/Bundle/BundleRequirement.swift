/// Something that a bundle's content was made from, in the bundle or to be found elsewhere.
public struct BundleRequirement: Sendable, Hashable, Codable {
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case baseModel = "base_model"
    case tokenizer
    case data
    /// One of the files that the data were read from.
    case dataFile = "data_file"
    case adapter
  }

  public var role: Role
  /// What people call it: `SmolLM2-135M`, `SST-2`.
  public var name: String
  /// As the ledger's header has it for this role.
  public var sha256: ContentHash
  /// Bytes, where known.
  public var size: Int?
  /// Whether its files are among the bundle's members.
  public var included: Bool

  public init(role: Role, name: String, sha256: ContentHash, size: Int? = nil, included: Bool) {
    self.role = role
    self.name = name
    self.sha256 = sha256
    self.size = size
    self.included = included
  }
}
