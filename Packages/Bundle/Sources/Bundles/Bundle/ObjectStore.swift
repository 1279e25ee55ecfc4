import Foundation

/// A folder of contents, each a read-only file named by its SHA-256, that extracted bundles share.
///
/// Several processes may use it at once: a content takes its name when it is whole and right.
public struct ObjectStore: Sendable, Hashable {
  public let folder: URL

  /// `folder` is made with the first content.
  public init(folder: URL) { self.folder = folder }

  /// Where the content of this hash is, if it is there.
  public func file(of hash: ContentHash) -> URL { folder.appending(path: hash.hex) }

  /// Whether the content is there and is what its name says.
  ///
  /// - Parameter observing: Is given the bytes as they are read.
  /// - Throws: What `observing` throws, and `BundleError.unreadable` where it is there and cannot be read.
  func holds(
    _ hash: ContentHash, size: Int, observing: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) throws -> Bool {
    guard hasFile(hash, size: size) else { return false }
    let hasher = ContentHasher()
    try FileSource(file(of: hash)).forEachPiece { piece in
      hasher.update(piece)
      try observing(piece)
    }
    return hasher.finalize() == hash
  }

  /// Whether a file of this name and size is there, whatever is in it. A link to one is none.
  func hasFile(_ hash: ContentHash, size: Int) -> Bool {
    var status = stat()
    return lstat(file(of: hash).path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && Int(status.st_size) == size
  }

  /// Adds the content that `body` writes, and that it has checked when it returns.
  func add(_ hash: ContentHash, _ body: (FileSink) throws -> Void) throws {
    try NewFolder.makePath(folder)
    try AtomicFile.write(
      to: file(of: hash), opening: { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444) }, body)
  }

  /// Makes `target` the content: a hard link, or a copy where the file system has none.
  func place(_ hash: ContentHash, at target: URL) throws {
    let source = file(of: hash)
    var number = linkFailure(source, target)
    // Linux finds no file to link at the moment when another process puts the same content in its place.
    for _ in 0..<100 where number == ENOENT { number = linkFailure(source, target) }
    switch number {
    case 0: return
    case EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS: try FileSink.copy(source, to: target)
    default: throw FileSink.failure(number, writing: target.path)
    }
  }

  private func linkFailure(_ source: URL, _ target: URL) -> Int32 { link(source.path, target.path) == 0 ? 0 : errno }
}
