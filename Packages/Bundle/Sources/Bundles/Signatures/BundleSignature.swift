import Foundation

/// A signature of a bundle's id, in a file of its own: docs/bundle-format.md, section "Signatures".
public struct BundleSignature: Sendable, Hashable {
  /// What was signed.
  public let bundle: ContentHash
  /// `VerifyingKey.id` of the key that signed.
  public let key: ContentHash
  /// 64 bytes.
  public let bytes: Data

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.invalidKey` or `.unsupportedVersion`.
  public init(file: URL) throws { throw BundleError(.invalidKey, "\(file.path): not read yet") }

  /// Writes the signature to `file`, by custom the bundle's name with `.sig` behind it.
  public func write(to file: URL) throws { throw BundleError(.unwritable, "\(file.path): not written yet") }
}
