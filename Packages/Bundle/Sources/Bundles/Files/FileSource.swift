import Foundation

/// A file open for reading from its beginning to its end.
final class FileSource {
  static let pieceSize = 1 << 20

  private let descriptor: Int32
  private let path: String

  /// - Throws: `BundleError.notFound` or `.unreadable`, naming the file.
  init(_ file: URL) throws {
    path = file.path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let number = errno
      throw BundleError(number == ENOENT ? .notFound : .unreadable, "\(path): cannot read: \(systemText(number))")
    }
  }

  deinit { close(descriptor) }

  /// Bytes of the file now.
  func size() throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw readFailure(errno) }
    return Int(status.st_size)
  }

  /// Calls `body` with every piece, none of them empty; the memory is reused.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
    defer { piece.deallocate() }
    while true {
      let count = try read(into: piece)
      guard count > 0 else { return }
      try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
  }

  /// The next bytes of the file, as many as come at once; how many, 0 at its end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw readFailure(errno) }
      return count
    }
  }

  private func readFailure(_ number: Int32) -> BundleError {
    BundleError(.unreadable, "\(path): cannot read: \(systemText(number))")
  }
}

/// The system's words for an errno, in lower case as the middle of a sentence.
func systemText(_ number: Int32) -> String {
  let text = String(cString: strerror(number))
  return text.prefix(1).lowercased() + text.dropFirst()
}
