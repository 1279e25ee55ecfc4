import Foundation

/// The SHA-256 of some bytes: what names a model, a data set or a result for ever.
///
/// As text, and in JSON, it is 64 lower-case hexadecimal digits, as `sha256sum` prints them.
public struct ContentHash: Sendable, Hashable, Codable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  init(digest: some Sequence<UInt8>) {
    let digits = Array("0123456789abcdef".utf8)
    hex = String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// - Throws: `BundleError.invalidHash` for anything but 64 hexadecimal digits; capitals are accepted.
  public init(hex: String) throws {
    let digits = Set("0123456789abcdef".utf8)
    let lowercased = hex.lowercased()
    guard lowercased.utf8.count == 64, lowercased.utf8.allSatisfy(digits.contains) else {
      throw BundleError(.invalidHash, "'\(hex.prefix(80))' is not a SHA-256: 64 hexadecimal digits are expected")
    }
    self.hex = lowercased
  }

  public init(of data: Data) {
    let hasher = ContentHasher()
    data.withUnsafeBytes(hasher.update)
    self = hasher.finalize()
  }

  /// Reads the file once, in pieces of 1 MiB.
  ///
  /// - Throws: `BundleError.notFound` or `.unreadable`, naming the file.
  public init(ofFile file: URL) throws {
    let hasher = ContentHasher()
    try FileSource(file).forEachPiece(hasher.update)
    self = hasher.finalize()
  }

  public init(from decoder: any Decoder) throws {
    try self.init(hex: decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  public var description: String { hex }
}
