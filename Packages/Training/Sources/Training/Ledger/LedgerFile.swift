import Foundation

/// An open file, read at any place and written at its end.
final class LedgerFile {
  enum Access { case reading, writing }

  let path: String
  private let descriptor: Int32

  /// - Throws: `LedgerError.unreadableFile`; for writing also `.inUse` where another writer has it open.
  init(_ url: URL, for access: Access) throws {
    path = url.path
    descriptor = open(path, (access == .reading ? O_RDONLY : O_RDWR) | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw LedgerError(.unreadableFile, "\(path): cannot open the ledger: \(String(cString: strerror(errno)))")
    }
    // The lock goes with the descriptor, whatever ends the process.
    if access == .writing, !takeLock() {
      let number = errno
      close(descriptor)
      guard number == EWOULDBLOCK else {
        throw LedgerError(.unwritable, "\(path): cannot lock the ledger: \(String(cString: strerror(number)))")
      }
      throw LedgerError(.inUse, "\(path): another process is writing this ledger: wait for its run to end")
    }
  }

  /// A child that is being started has the descriptors of its parent for a moment, those that are closed since among
  /// them, so a lock that is held is asked for again.
  private func takeLock() -> Bool {
    for attempt in 0..<20 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      if attempt < 19 { usleep(10_000) }
    }
    return false
  }

  deinit { close(descriptor) }

  /// In bytes, now.
  var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Up to `count` bytes; fewer only at the end of the file.
  func read(count: Int, at offset: Int) throws -> Data {
    var bytes = Data(count: max(0, min(count, size - offset)))
    var done = 0
    while done < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else {
        throw LedgerError(
          .unreadableFile, "\(path): cannot read byte \(offset + done): \(String(cString: strerror(errno)))")
      }
      guard got > 0 else { return bytes.prefix(done) }
      done += got
    }
    return bytes
  }

  /// Writes `bytes` at `offset`, the end of the file. Where they do not all fit, the file ends at `offset` again.
  ///
  /// - Throws: `LedgerError.noSpaceLeft` or `.unwritable`.
  func append(_ bytes: Data, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes { buffer in
        pwrite(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
      }
      if put < 0 && errno == EINTR { continue }
      guard put > 0 else {
        let number = put < 0 ? errno : ENOSPC
        _ = ftruncate(descriptor, off_t(offset))
        throw failure(number)
      }
      done += put
    }
  }

  func truncate(to size: Int) throws {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure(errno) }
    try synchronize()
  }

  /// Returns when the bytes are on the disk.
  func synchronize() throws {
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(errno) }
  }

  private func failure(_ number: Int32) -> LedgerError {
    number == ENOSPC || number == EDQUOT
      ? LedgerError(
        .noSpaceLeft, "\(path): the disk is full: the ledger ends at its last whole step; make room and resume")
      : LedgerError(.unwritable, "\(path): cannot write the ledger: \(String(cString: strerror(number)))")
  }
}
