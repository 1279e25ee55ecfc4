import Foundation

/// A lock that a file stands for, by `flock`: whoever has inherited the descriptor holds it too, and the system lets go
/// of it when the last of them has ended, however it ended.
struct FileLock: ~Copyable {
  let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Returns: nil where another process holds it.
  /// - Throws: `BenchmarkError.unwritable`.
  init?(_ file: URL) throws {
    let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw BenchmarkError(.unwritable, "cannot write \(file.path): \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(descriptor)
      guard number == EWOULDBLOCK else {
        throw BenchmarkError(.unwritable, "cannot lock \(file.path): \(String(cString: strerror(number)))")
      }
      return nil
    }
    self.descriptor = descriptor
  }

  /// Writes who holds the lock.
  func note(process: pid_t) {
    let text = Array("\(process)\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  /// Who was noted last; nil where that is no process of a program: to a signal, 0 and what is below are many.
  static func holder(of file: URL) -> pid_t? {
    let text = try? String(contentsOf: file, encoding: .utf8)
    let holder = text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    return holder.flatMap { $0 > 1 ? $0 : nil }
  }

  deinit { close(descriptor) }
}
