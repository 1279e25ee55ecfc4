import Foundation

/// What a bundle says of itself: the experiment, what it needs, and every file with its hash.
///
/// It is the first member of the archive, as JSON; docs/bundle-format.md defines every key.
public struct BundleManifest: Sendable, Hashable, Codable {
  /// The version of docs/bundle-format.md that this program writes, and the only one that it reads.
  public static let formatVersion = 1

  /// What was packed.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case run
    case model
    case adapter
    case data
  }

  public var kind: Kind
  /// One line for people.
  public var title: String
  /// Version of the program that packed it.
  public var zeroth: String
  /// The resolved recipe's lines, key and value; empty where there is none.
  public var recipe: [String: String]
  /// Of plugins and of whatever else the results may depend on, by name.
  public var versions: [String: String]
  /// Models, tokenizers and data that the content was made from.
  public var requirements: [BundleRequirement]
  public var ledger: LedgerSummary?
  /// Final numbers by name; finite.
  public var results: [String: Double]
  /// Where the content comes from: an address, a citation.
  public var source: String?
  /// The terms it is given under: an SPDX identifier, or words.
  public var licence: String?
  /// The files, sorted by the UTF-8 bytes of their paths. `BundleWriter` fills them in.
  public internal(set) var members: [BundleMember] = []

  public init(
    kind: Kind, title: String, zeroth: String, recipe: [String: String] = [:], versions: [String: String] = [:],
    requirements: [BundleRequirement] = [], ledger: LedgerSummary? = nil, results: [String: Double] = [:],
    source: String? = nil, licence: String? = nil
  ) {
    self.kind = kind
    self.title = title
    self.zeroth = zeroth
    self.recipe = recipe
    self.versions = versions
    self.requirements = requirements
    self.ledger = ledger
    self.results = results
    self.source = source
    self.licence = licence
  }

  /// The file at `path`.
  ///
  /// - Throws: `BundleError.missingMember`, naming some that are there.
  public func member(_ path: String) throws -> BundleMember {
    guard let member = members.first(where: { $0.path.utf8.elementsEqual(path.utf8) }) else {
      let some = members.prefix(8).map(\.path)
      throw BundleError(
        .missingMember,
        "no member '\(path)'. Members: "
          + (some.isEmpty ? "none" : some.joined(separator: ", ") + (members.count > some.count ? ", ..." : "")))
    }
    return member
  }
}

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

/// Something that a bundle's content was made from, in the bundle or to be found elsewhere.
public struct BundleRequirement: Sendable, Hashable, Codable {
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case baseModel = "base_model"
    case tokenizer
    case data
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

/// What a run's ledger holds, to be seen without reading it.
public struct LedgerSummary: Sendable, Hashable, Codable {
  public var steps: Int
  /// One a query.
  public var records: Int
  /// Of the ledger's file.
  public var bytes: Int
  /// What the records are of: `moves`, `estimates` or `gradients`.
  public var recordsOf: String
  public var optimizer: String
  public var scheme: String
  /// Of every direction: `gaussian`, `gaussian-fast`, `rademacher`.
  public var law: String
  public var runSeed: UInt64

  public init(
    steps: Int, records: Int, bytes: Int, recordsOf: String, optimizer: String, scheme: String, law: String,
    runSeed: UInt64
  ) {
    self.steps = steps
    self.records = records
    self.bytes = bytes
    self.recordsOf = recordsOf
    self.optimizer = optimizer
    self.scheme = scheme
    self.law = law
    self.runSeed = runSeed
  }

  private enum CodingKeys: String, CodingKey {
    case steps, records, bytes
    case recordsOf = "records_of"
    case optimizer, scheme, law
    case runSeed = "run_seed"
  }
}
