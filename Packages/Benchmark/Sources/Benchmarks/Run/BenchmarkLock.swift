import Foundation

/// Keeps other processes from running the benchmark in a folder, as long as it lives.
public final class BenchmarkLock {
  private let lock: FileLock

  /// - Throws: `BenchmarkError.running` where another process has the folder, `.unwritable`.
  public init(_ folder: BenchmarkFolder) throws {
    try folder.create()
    guard let lock = try FileLock(folder.lock) else {
      let holder = FileLock.holder(of: folder.lock).map { ", process \($0)" } ?? ""
      throw BenchmarkError(
        .running,
        "another process\(holder) is running the benchmark in \(folder.url.path): wait for it, stop it, or choose "
          + "another output")
    }
    lock.note(process: getpid())
    self.lock = lock
  }
}
