import Foundation

/// A signature of a bundle's id, in a file of its own: docs/bundle-format.md, section "Signatures".
public struct BundleSignature: Sendable, Hashable {
  private static let format = "zeroth-signature"

  /// What was signed.
  public let bundle: ContentHash
  /// `VerifyingKey.id` of the key that signed.
  public let key: ContentHash
  /// 64 bytes.
  public let bytes: Data

  init(bundle: ContentHash, key: ContentHash, bytes: Data) {
    self.bundle = bundle
    self.key = key
    self.bytes = bytes
  }

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.invalidKey` or `.unsupportedVersion`.
  public init(file: URL) throws {
    let text = try KeyText(file, format: Self.format)
    try self.init(bundle: text.hash("bundle"), key: text.hash("key"), bytes: text.bytes("signature", count: 64))
  }

  /// Writes the signature to `file`, by custom the bundle's name with `.sig` behind it; what was there is replaced.
  public func write(to file: URL) throws {
    let fields = ["bundle": bundle.hex, "key": key.hex, "signature": bytes.base64EncodedString()]
    try AtomicFile.write(KeyText.encode(format: Self.format, fields), to: file)
  }

  /// What is signed: no other program's message, and no other thing than a bundle's id, has these bytes.
  static func message(of bundle: ContentHash) -> Data { Data("zeroth bundle signature 1\n\(bundle.hex)\n".utf8) }
}
