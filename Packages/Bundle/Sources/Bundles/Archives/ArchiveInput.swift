internal import CArchive

/// Bytes that libarchive's callback reads, and the error that it could not throw.
final class ArchiveInput {
  private let next: () throws -> UnsafeRawBufferPointer
  private(set) var failure: (any Error)?

  /// - Parameter next: The next bytes, in memory that lasts until it is asked again; none at the end.
  init(next: @escaping () throws -> UnsafeRawBufferPointer) { self.next = next }

  /// Opens a reader on the bytes, which is to be freed before this.
  ///
  /// - Returns: libarchive's status.
  func open(_ handle: OpaquePointer) -> Int32 {
    archive_read_open(
      handle, Unmanaged.passUnretained(self).toOpaque(), nil,
      { handle, context, bytes in
        guard let context else { return -1 }
        let input = Unmanaged<ArchiveInput>.fromOpaque(context).takeUnretainedValue()
        do {
          let piece = try input.next()
          bytes?.pointee = piece.baseAddress
          return piece.count
        } catch {
          input.failure = error
          return -1
        }
      }, nil)
  }
}
