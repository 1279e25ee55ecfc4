import Foundation

/// A private Ed25519 key (RFC 8032).
public struct SigningKey: Sendable {
  /// 32 bytes, RFC 8032's secret key.
  let seed: Data

  /// A new key from the system's source of randomness.
  public init() { seed = Data() }

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.invalidKey` or `.unsupportedVersion`.
  public init(file: URL) throws { throw BundleError(.invalidKey, "\(file.path): not read yet") }

  /// Writes the key to a file that only its owner may read.
  ///
  /// - Throws: `BundleError.occupied` where something is there already: a lost key cannot be had back.
  public func write(to file: URL) throws { throw BundleError(.unwritable, "\(file.path): not written yet") }

  public var verifyingKey: VerifyingKey { VerifyingKey(bytes: Data()) }

  /// Signs the content that `bundle`, a `BundleReader.id`, names.
  public func signature(of bundle: ContentHash) throws -> BundleSignature {
    throw BundleError(.invalidKey, "not there yet")
  }
}
