import Foundation

extension FileSink {
  /// Writes a file that is not there yet. It is visible while it is written, so this is for folders that nobody knows of.
  ///
  /// - Throws: `BundleError.noSpaceLeft` or `.unwritable`, and what `body` throws.
  static func create(_ target: URL, _ body: (FileSink) throws -> Void) throws {
    let descriptor = open(target.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(errno, writing: target.path) }
    let sink = FileSink(descriptor: descriptor, target: target.path)
    defer { sink.abandon() }
    try body(sink)
    try sink.close()
  }

  /// Writes the bytes of `source` to `target`, which is not there yet.
  static func copy(_ source: URL, to target: URL) throws {
    try create(target) { sink in try FileSource(source).forEachPiece(sink.append) }
  }
}
