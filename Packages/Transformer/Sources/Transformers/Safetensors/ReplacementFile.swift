import Foundation

/// A file that comes into being whole: written under a temporary name beside its place, then renamed into it.
/// Whatever fails, an older file of that name is still there and no half-written one is.
final class ReplacementFile {
  private let url: URL
  private let temporary: URL
  private let descriptor: Int32
  private var isOpen = true

  /// - Throws: `ModelError.writeFailed`.
  init(_ url: URL) throws {
    self.url = url
    temporary = url.deletingLastPathComponent().appendingPathComponent(
      ".\(url.lastPathComponent).\(UUID().uuidString.prefix(8)).partial")
    descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw ReplacementFile.error(url, "cannot be written") }
  }

  deinit {
    guard isOpen else { return }
    close(descriptor)
    unlink(temporary.path)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try ReplacementFile.write(bytes, to: descriptor, file: url) }

  /// All of `bytes` to an open descriptor.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, file: URL) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      // Linux writes at most 2 GiB a call.
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let written = Foundation.write(descriptor, piece.baseAddress, piece.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw error(file, "cannot write \(rest.count) more bytes") }
      rest = rest.dropFirst(written)
    }
  }

  /// Brings the content to the disk and the file to its name.
  func commit() throws {
    guard fsync(descriptor) == 0 else { throw ReplacementFile.error(url, "cannot reach the disk") }
    isOpen = false
    let closed = close(descriptor)
    guard closed == 0, rename(temporary.path, url.path) == 0 else {
      let failure = ReplacementFile.error(url, "cannot be put in place")
      unlink(temporary.path)
      throw failure
    }
  }

  /// `file` with these bytes.
  static func replace(_ file: URL, with bytes: some Collection<UInt8>) throws {
    let replacement = try ReplacementFile(file)
    try Array(bytes).withUnsafeBytes { try replacement.write($0) }
    try replacement.commit()
  }

  private static func error(_ file: URL, _ what: String) -> ModelError {
    let reason = errno
    let advice = reason == ENOSPC || reason == EDQUOT ? ": make room on that disk and try again" : ""
    return ModelError(.writeFailed, "\(file.path): \(what): \(String(cString: strerror(reason)))\(advice)")
  }
}
