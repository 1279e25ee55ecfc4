import Foundation

/// A public Ed25519 key (RFC 8032).
public struct VerifyingKey: Sendable, Hashable {
  /// 32 bytes.
  let bytes: Data

  init(bytes: Data) { self.bytes = bytes }

  /// SHA-256 of the key's 32 bytes: what people compare.
  public var id: ContentHash { ContentHash(of: bytes) }

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.invalidKey` or `.unsupportedVersion`.
  public init(file: URL) throws { throw BundleError(.invalidKey, "\(file.path): not read yet") }

  /// - Throws: `BundleError.occupied` where something is there already.
  public func write(to file: URL) throws { throw BundleError(.unwritable, "\(file.path): not written yet") }

  /// Whether `signature` was made by this key for the content that `bundle`, a `BundleReader.id`, names.
  ///
  /// - Throws: `BundleError.wrongSignature`, saying which of it is wrong.
  public func verify(_ signature: BundleSignature, of bundle: ContentHash) throws {
    throw BundleError(.wrongSignature, "not there yet")
  }
}
