import Foundation

/// A process of a program, in a process group of its own, so that Ctrl-C on the terminal reaches it through its parent
/// alone.
///
/// It inherits a lock beside the three standard descriptors: everything else that the benchmark opens is closed on exec.
final class ChildProcess: RunningRun {
  /// The descriptor of the lock in the child.
  private static let lockDescriptor: Int32 = 3

  let identifier: pid_t
  private let log: URL
  private let describe: (Int32, URL) -> RunEnding
  private var ended: RunEnding?

  /// - Parameters:
  ///   - log: what the process says is added to it.
  ///   - describe: the ending of a wait status.
  /// - Throws: `BenchmarkError.notStarted`.
  init(
    _ executable: URL, _ arguments: [String], log: URL, lock: borrowing FileLock,
    describe: @escaping (_ status: Int32, _ log: URL) -> RunEnding
  ) throws {
    self.log = log
    self.describe = describe
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log.path, O_WRONLY | O_CREAT | O_APPEND, 0o666)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    posix_spawn_file_actions_adddup2(&actions, lock.descriptor, Self.lockDescriptor)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] = ([executable.path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let status = posix_spawn(&child, executable.path, &actions, &attributes, &words, environ)
    guard status == 0 else {
      throw BenchmarkError(.notStarted, "cannot start \(executable.path): \(String(cString: strerror(status)))")
    }
    identifier = child
    lock.note(process: child)
  }

  func ending() -> RunEnding? {
    if let ended { return ended }
    var status: Int32 = 0
    let found = waitpid(identifier, &status, WNOHANG)
    if found == 0 || (found < 0 && errno == EINTR) { return nil }
    ended = found < 0 ? .failed("its process is gone") : describe(status, log)
    return ended
  }

  func interrupt() {
    if ended == nil { kill(identifier, SIGTERM) }
  }
}

/// A run that another process began and has not ended: what a benchmark that was killed leaves behind.
final class OrphanedRun: RunningRun {
  private let lock: URL

  init(lock: URL) { self.lock = lock }

  func ending() -> RunEnding? {
    // Whoever can take the lock has nobody beside it.
    do { return try FileLock(lock) == nil ? nil : .stopped } catch { return .failed("\(error)") }
  }

  func interrupt() {
    if ending() == nil, let holder = FileLock.holder(of: lock) { kill(holder, SIGTERM) }
  }
}
