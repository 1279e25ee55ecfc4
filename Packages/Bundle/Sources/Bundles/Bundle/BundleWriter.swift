import Foundation

/// Packs files into a bundle (`.zb`): docs/bundle-format.md.
///
/// The same manifest and files give the same bytes on any machine: in any order, locale, umask and time, with any number
/// of threads. The compressed bytes also depend on the release of zstd; the bundle's id does not.
///
/// - Cost: every file is read twice, to be named by its hash and to be packed; equal files are packed once. Memory is a
///   few MiB a thread whatever the size.
public struct BundleWriter: Sendable {
  /// A file to pack.
  public struct Member: Sendable {
    public var path: String
    public var kind: BundleMember.Kind
    public var content: ArchiveWriter.Member.Content

    public init(path: String, kind: BundleMember.Kind, data: Data) {
      self.path = path
      self.kind = kind
      content = .data(data)
    }

    public init(path: String, kind: BundleMember.Kind, file: URL) {
      self.path = path
      self.kind = kind
      content = .file(file)
    }
  }

  /// What was written.
  public struct Result: Sendable {
    /// SHA-256 of the manifest: names the bundle's content whatever packs it.
    public let id: ContentHash
    /// With its members.
    public let manifest: BundleManifest
    /// Bytes of the file.
    public let size: Int
  }

  /// Of a bundle's file name.
  public static let fileExtension = "zb"

  /// Without members.
  public var manifest: BundleManifest
  /// In any order.
  public var members: [Member]

  public init(manifest: BundleManifest, members: [Member]) {
    self.manifest = manifest
    self.members = members
  }
}
