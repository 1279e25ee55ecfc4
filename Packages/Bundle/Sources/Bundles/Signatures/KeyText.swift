import Foundation

/// A small JSON file of texts, as keys and signatures are kept: what it is, of which version, and its fields.
struct KeyText {
  private static let version = 1
  private static let algorithm = "ed25519"
  private static let sizeLimit = 1 << 14

  private let name: String
  private let fields: [String: JSONValue]

  /// - Parameter format: What the file must say that it is.
  /// - Throws: `BundleError.notFound`, `.unreadable`, `.invalidKey` or `.unsupportedVersion`.
  init(_ file: URL, format: String) throws {
    name = file.path
    let data = try FileContent.read(file, limit: Self.sizeLimit)
    guard case .object(let fields)? = try? JSONParser.parse(data, name: name), fields["format"] == .string(format)
    else {
      throw BundleError(.invalidKey, "\(name): its format is not '\(format)'")
    }
    self.fields = fields
    guard fields["format_version"] == .number("\(Self.version)"), fields["algorithm"] == .string(Self.algorithm) else {
      throw BundleError(
        .unsupportedVersion,
        "\(name): is not of format_version \(Self.version) and algorithm '\(Self.algorithm)', which "
          + "this program knows: use a newer one")
    }
  }

  func text(_ key: String) throws -> String {
    guard case .string(let text)? = fields[key] else { throw BundleError(.invalidKey, "\(name): has no '\(key)'") }
    return text
  }

  func hash(_ key: String) throws -> ContentHash {
    do {
      return try ContentHash(hex: text(key))
    } catch let error as BundleError where error.code == .invalidHash {
      throw BundleError(.invalidKey, "\(name): \(key): \(error.message)")
    }
  }

  func bytes(_ key: String, count: Int) throws -> Data {
    guard let bytes = Data(base64Encoded: try text(key)), bytes.count == count else {
      throw BundleError(.invalidKey, "\(name): '\(key)' is not base64 of \(count) bytes")
    }
    return bytes
  }

  /// The file's bytes; `fields` are its own.
  static func encode(format: String, _ fields: [String: String]) -> Data {
    let common: [String: JSONValue] = [
      "format": .string(format), "format_version": .number("\(version)"), "algorithm": .string(algorithm),
    ]
    return JSONText.encode(.object(common.merging(fields.mapValues { .string($0) }) { common, _ in common }))
  }
}
