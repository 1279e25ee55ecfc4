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
  /// By role and name, as `data SST-2`.
  public let requirements: [Change<BundleRequirement>]
  public let results: [Change<Double>]
  /// By path: files added, removed, and of another content or kind.
  public let members: [Change<BundleMember>]

  /// Every list is sorted by name.
  public init(from first: BundleManifest, to second: BundleManifest) {
    fields = Self.changes(from: first.fields, to: second.fields)
    recipe = Self.changes(from: first.recipe, to: second.recipe)
    versions = Self.changes(from: first.versions, to: second.versions)
    requirements = Self.changes(from: first.namedRequirements, to: second.namedRequirements)
    results = Self.changes(from: first.results, to: second.results)
    members = Self.changes(from: first.namedMembers, to: second.namedMembers)
  }

  /// Whether the bundles say and hold the same.
  public var isEmpty: Bool {
    fields.isEmpty && recipe.isEmpty && versions.isEmpty && requirements.isEmpty && results.isEmpty && members.isEmpty
  }

  private static func changes<Value>(from first: [String: Value], to second: [String: Value]) -> [Change<Value>] {
    Set(first.keys).union(second.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { name in
      first[name] == second[name] ? nil : Change(name: name, before: first[name], after: second[name])
    }
  }
}

extension BundleManifest {
  fileprivate var fields: [String: String] {
    var fields = ["kind": kind.rawValue, "title": title, "zeroth": zeroth]
    fields["source"] = source
    fields["licence"] = licence
    guard let ledger else { return fields }
    fields["ledger.steps"] = "\(ledger.steps)"
    fields["ledger.records"] = "\(ledger.records)"
    fields["ledger.bytes"] = "\(ledger.bytes)"
    fields["ledger.records_of"] = ledger.recordsOf
    fields["ledger.optimizer"] = ledger.optimizer
    fields["ledger.scheme"] = ledger.scheme
    fields["ledger.law"] = ledger.law
    fields["ledger.run_seed"] = "\(ledger.runSeed)"
    return fields
  }

  /// Of several of one role and name, the first keeps it; the others are numbered.
  fileprivate var namedRequirements: [String: BundleRequirement] {
    var named: [String: BundleRequirement] = [:]
    var counts: [String: Int] = [:]
    for requirement in requirements {
      let name = "\(requirement.role.rawValue) \(requirement.name)"
      let count = counts[name, default: 0] + 1
      counts[name] = count
      named[count == 1 ? name : "\(name) #\(count)"] = requirement
    }
    return named
  }

  fileprivate var namedMembers: [String: BundleMember] {
    Dictionary(members.map { ($0.path, $0) }, uniquingKeysWith: { member, _ in member })
  }
}
