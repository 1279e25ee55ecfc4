import Foundation

/// A folder of contents, each a read-only file named by its SHA-256, that extracted bundles share.
///
/// Several processes may use it at once: a content takes its name when it is whole.
public struct ObjectStore: Sendable, Hashable {
  public let folder: URL

  /// `folder` is made with the first content.
  public init(folder: URL) { self.folder = folder }

  /// Where the content of this hash is, if it is there.
  public func file(of hash: ContentHash) -> URL { folder.appending(path: hash.hex) }
}
