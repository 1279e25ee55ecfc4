import Foundation

/// What a bundle says of itself: the experiment, what it needs, and every file with its hash.
///
/// It is the first member of the archive, as JSON; docs/bundle-format.md defines every key.
public struct BundleManifest: Sendable, Hashable {
  static let format = "zeroth-bundle"
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
