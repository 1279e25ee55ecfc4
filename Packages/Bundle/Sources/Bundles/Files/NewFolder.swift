import Foundation

/// Folders that appear when everything is in them.
enum NewFolder {
  /// Fills a folder beside `target`, which takes its place when `body` is done. After a failure it is gone.
  ///
  /// - Throws: `BundleError.occupied` where `target` is something else than an empty folder, `.notFound` where the
  ///   folder that it is to be in is not there, `.unwritable`, and what `body` throws.
  static func make(_ target: URL, _ body: (URL) throws -> Void) throws {
    let target = target.standardizedFileURL
    try checkIsFree(target)
    let parent = target.deletingLastPathComponent()
    let mark = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let temporary = parent.appending(path: ".\(target.lastPathComponent.prefix(64)).\(mark).partial")
    guard mkdir(temporary.path, 0o777) == 0 else { throw FileSink.failure(errno, writing: target.path) }
    do {
      try body(temporary)
      try flush(temporary, target: target.path)
      guard rename(temporary.path, target.path) == 0 else {
        let number = errno
        try checkIsFree(target)
        throw FileSink.failure(number, writing: target.path)
      }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw error
    }
    try AtomicFile.flushFolder(parent.path, target: target.path)
  }

  /// Makes the names in `folder`, and in those in it, survive a power cut.
  private static func flush(_ folder: URL, target: String) throws {
    try AtomicFile.flushFolder(folder.path, target: target)
    let inner = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isDirectoryKey])
    while let item = inner?.nextObject() as? URL {
      guard try item.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true else { continue }
      try AtomicFile.flushFolder(item.path, target: target)
    }
  }

  /// Makes `folder`, and those that it is in, where they are missing.
  static func makePath(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw BundleError(.unwritable, "\(folder.path): cannot be made a folder: \(error.localizedDescription)")
    }
  }

  static func checkIsFree(_ target: URL) throws {
    var status = stat()
    guard lstat(target.path, &status) == 0 else { return }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    guard isFolder, let contents = try? FileManager.default.contentsOfDirectory(atPath: target.path), contents.isEmpty
    else {
      throw BundleError(
        .occupied, "\(target.path): is there already\(isFolder ? " and not empty" : ""): give the name of a new folder")
    }
  }
}
