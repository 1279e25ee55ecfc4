import Foundation

extension BundleManifest: Codable {
  private enum CodingKeys: String, CodingKey {
    case format
    case formatVersion = "format_version"
    case kind, title, zeroth, recipe, versions
    case requirements = "requires"
    case ledger, results, source, licence, members
  }

  /// The bytes that are hashed for the bundle's id: one spelling for one manifest.
  public func encoded() throws -> Data { try JSONText.encode(self) }

  /// Reads a manifest and holds it to every rule. Keys that this version does not know are passed over: what changes the
  /// meaning of a bundle gets a new format version.
  ///
  /// - Parameter name: What messages call it.
  /// - Throws: `BundleError.notABundle`, `.unsupportedVersion`, `.invalidManifest` or `.refusedMember`.
  init(decoding data: Data, name: String) throws {
    try Self.checkFormat(data, name: name)
    do {
      self = try JSONDecoder().decode(BundleManifest.self, from: data)
    } catch let error as DecodingError {
      throw BundleError(.invalidManifest, "\(name): \(error.place)")
    } catch let error as BundleError {
      throw BundleError(.invalidManifest, "\(name): \(error.message)")
    }
    try validate(name: name)
  }

  /// Takes the text apart for itself alone, so that what it takes of memory is free again before it is decoded.
  private static func checkFormat(_ data: Data, name: String) throws {
    guard case .object(let members) = try JSONParser.parse(data, name: name), members["format"] == .string(format)
    else { throw BundleError(.notABundle, "\(name): its format is not '\(format)'") }
    guard members["format_version"] == .number("\(formatVersion)") else {
      throw BundleError(
        .unsupportedVersion,
        "\(name): its format_version is not \(formatVersion), the one that this program reads: read it with the "
          + "program that wrote it, or with a newer one")
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func value<Value: Decodable>(_ key: CodingKeys, or absent: Value) throws -> Value {
      try container.decodeIfPresent(Value.self, forKey: key) ?? absent
    }
    self.init(
      kind: try container.decode(Kind.self, forKey: .kind), title: try container.decode(String.self, forKey: .title),
      zeroth: try container.decode(String.self, forKey: .zeroth), recipe: try value(.recipe, or: [:]),
      versions: try value(.versions, or: [:]), requirements: try value(.requirements, or: []),
      ledger: try container.decodeIfPresent(LedgerSummary.self, forKey: .ledger), results: try value(.results, or: [:]),
      source: try container.decodeIfPresent(String.self, forKey: .source),
      licence: try container.decodeIfPresent(String.self, forKey: .licence))
    members = try container.decode([BundleMember].self, forKey: .members)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.format, forKey: .format)
    try container.encode(Self.formatVersion, forKey: .formatVersion)
    try container.encode(kind, forKey: .kind)
    try container.encode(title, forKey: .title)
    try container.encode(zeroth, forKey: .zeroth)
    try container.encode(recipe, forKey: .recipe)
    try container.encode(versions, forKey: .versions)
    try container.encode(requirements, forKey: .requirements)
    try container.encodeIfPresent(ledger, forKey: .ledger)
    try container.encode(results, forKey: .results)
    try container.encodeIfPresent(source, forKey: .source)
    try container.encodeIfPresent(licence, forKey: .licence)
    try container.encode(members, forKey: .members)
  }
}

extension DecodingError {
  /// What is wrong with which key, as `members.3.size: ...`.
  var place: String {
    let (context, what): (Context, String) =
      switch self {
      case .keyNotFound(let key, let context): (context, "'\(key.stringValue)' is missing")
      case .typeMismatch(let type, let context): (context, "is not of the type \(type)")
      case .valueNotFound(let type, let context): (context, "is null instead of a \(type)")
      case .dataCorrupted(let context): (context, context.debugDescription)
      @unknown default: (Context(codingPath: [], debugDescription: ""), "\(self)")
      }
    let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    return path.isEmpty ? what : "\(path): \(what)"
  }
}
