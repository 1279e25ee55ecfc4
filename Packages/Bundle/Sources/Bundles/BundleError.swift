/// What a user can mend about a file or an archive: its name, its contents, the room on its disk.
public struct BundleError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and callers match it.
  public enum Code: String, Sendable {
    /// No such file or folder.
    case notFound
    /// The file is there and cannot be read.
    case unreadable
    /// A file cannot be written; the target is as it was before.
    case unwritable
    /// The disk, or the quota on it, is full; the target is as it was before.
    case noSpaceLeft
    /// None of the archive formats that this package reads.
    case notAnArchive
    /// Cut short, or its checksums or sizes do not agree.
    case corrupt
    /// A member that could harm whoever unpacks it: outside its folder, a link, a device, encrypted, twice the same name.
    case refusedMember
    /// The archive has no such member.
    case missingMember
    /// Larger than the limit that the caller set.
    case tooLarge
    /// Not the 64 hexadecimal digits of a SHA-256.
    case invalidHash
    /// An archive that is no bundle: it has no manifest where one must be.
    case notABundle
    /// A bundle, key or signature of a format version, or of an algorithm, that this program does not know.
    case unsupportedVersion
    /// The manifest, or what is to become one, says something that a manifest may not say.
    case invalidManifest
    /// Something is where a file or a folder was to be made; it is as it was before.
    case occupied
    /// Not a key, or not a signature, of the kind that is expected.
    case invalidKey
    /// Made by another key, for another bundle, or changed since.
    case wrongSignature
  }

  public let code: Code
  /// What, where, and what to do about it.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
