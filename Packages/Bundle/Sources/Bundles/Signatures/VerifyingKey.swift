internal import Crypto
import Foundation

/// A public Ed25519 key (RFC 8032).
public struct VerifyingKey: Sendable {
  private static let format = "zeroth-public-key"

  private let key: Curve25519.Signing.PublicKey

  init(key: Curve25519.Signing.PublicKey) { self.key = key }

  /// - Throws: `BundleError.invalidKey` unless there are 32 bytes.
  init(bytes: Data) throws {
    do {
      key = try Curve25519.Signing.PublicKey(rawRepresentation: bytes)
    } catch {
      throw BundleError(.invalidKey, "a public key has 32 bytes, not \(bytes.count)")
    }
  }

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.invalidKey` or `.unsupportedVersion`.
  public init(file: URL) throws {
    try self.init(bytes: try KeyText(file, format: Self.format).bytes("public_key", count: 32))
  }

  /// SHA-256 of the key's 32 bytes: what people compare.
  public var id: ContentHash { ContentHash(of: key.rawRepresentation) }

  /// - Throws: `BundleError.occupied` where something is there already.
  public func write(to file: URL) throws {
    let text = KeyText.encode(format: Self.format, ["public_key": key.rawRepresentation.base64EncodedString()])
    try AtomicFile.create(text, at: file, permissions: 0o666)
  }

  /// Whether `signature` was made by this key for the content that `bundle`, a `BundleReader.id`, names.
  ///
  /// - Throws: `BundleError.wrongSignature`, saying which of it is wrong.
  public func verify(_ signature: BundleSignature, of bundle: ContentHash) throws {
    guard signature.bundle == bundle else {
      throw BundleError(.wrongSignature, "the signature is of the bundle \(signature.bundle), not of \(bundle)")
    }
    guard signature.key == id else {
      throw BundleError(.wrongSignature, "the signature was made by the key \(signature.key), not by \(id)")
    }
    guard isValid(signature.bytes, of: BundleSignature.message(of: bundle)) else {
      throw BundleError(.wrongSignature, "the signature was not made by the key \(id) for this bundle, or was changed")
    }
  }

  func isValid(_ signature: Data, of message: Data) -> Bool { key.isValidSignature(signature, for: message) }
}
