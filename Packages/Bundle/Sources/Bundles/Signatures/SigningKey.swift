internal import Crypto
import Foundation

/// A private Ed25519 key (RFC 8032).
public struct SigningKey: Sendable {
  private static let format = "zeroth-private-key"

  private let key: Curve25519.Signing.PrivateKey

  /// A new key from the system's source of randomness.
  public init() { key = Curve25519.Signing.PrivateKey() }

  /// RFC 8032's secret key.
  ///
  /// - Throws: `BundleError.invalidKey` unless it has 32 bytes.
  init(seed: Data) throws {
    do {
      key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
    } catch {
      throw BundleError(.invalidKey, "a private key has 32 bytes, not \(seed.count)")
    }
  }

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.invalidKey` or `.unsupportedVersion`.
  public init(file: URL) throws {
    try self.init(seed: try KeyText(file, format: Self.format).bytes("private_key", count: 32))
  }

  /// Writes the key to a file that only its owner may read.
  ///
  /// - Throws: `BundleError.occupied` where something is there already: a lost key cannot be had back.
  public func write(to file: URL) throws {
    let seed = key.rawRepresentation
    let text = KeyText.encode(format: Self.format, ["private_key": seed.base64EncodedString()])
    try AtomicFile.create(text, at: file, permissions: 0o600)
  }

  public var verifyingKey: VerifyingKey { VerifyingKey(key: key.publicKey) }

  /// Signs the content that `bundle`, a `BundleReader.id`, names.
  public func signature(of bundle: ContentHash) throws -> BundleSignature {
    BundleSignature(bundle: bundle, key: verifyingKey.id, bytes: try sign(BundleSignature.message(of: bundle)))
  }

  /// Ed25519 as RFC 8032 has it. The library may sign with randomness of its own besides, so that two signatures of one
  /// message differ; each is valid.
  func sign(_ message: Data) throws -> Data { try key.signature(for: message) }
}
