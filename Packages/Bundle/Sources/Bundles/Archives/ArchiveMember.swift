/// A file or a folder in an archive.
public struct ArchiveMember: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case file
    case folder
  }

  /// Relative, with `/` between its parts and none of them `.` or `..`.
  public let path: String
  /// Bytes when unpacked, as the archive states them; reading holds it to that.
  public let size: Int
  public let kind: Kind

  public init(path: String, size: Int, kind: Kind) {
    self.path = path
    self.size = size
    self.kind = kind
  }

  /// `path` with `./`, doubled and final slashes taken out; nil for the archive's own root (`./`).
  ///
  /// - Throws: `BundleError.refusedMember` for a path that leaves the folder it is unpacked in.
  static func normalized(_ path: String, in archive: String) throws -> String? {
    func refuse(_ reason: String) -> BundleError {
      BundleError(
        .refusedMember, "\(archive): member '\(path)' \(reason): such an archive could write outside its folder")
    }
    guard !path.isEmpty else { throw refuse("has an empty path") }
    guard !path.hasPrefix("/") else { throw refuse("has an absolute path") }
    guard !path.utf8.contains(0) else { throw refuse("has a zero byte in its path") }
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { throw refuse("has '..' in its path") }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }
}
