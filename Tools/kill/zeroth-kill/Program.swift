import Foundation

/// `zeroth` as a process that may be ended.
struct Program {
  let executable: URL
  /// The library that counts operations on files: see `CKillPoints`.
  let killPoints: URL

  /// Both lie beside this program.
  ///
  /// - Throws: `KillError` where one does not.
  init() throws {
    let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    executable = folder.appending(path: "zeroth")
    killPoints = folder.appending(path: "libKillPoints.so")
    for file in [executable, killPoints] where access(file.path, R_OK) != 0 {
      throw KillError("\(file.path): build it first: swift build -c release")
    }
  }

  struct Ending {
    /// As `waitpid` tells it.
    fileprivate let status: Int32
    let seconds: Double
    /// To standard error.
    let said: String

    /// nil where a signal ended it.
    var exitStatus: Int32? { signal == nil ? status >> 8 & 0xff : nil }
    var signal: Int32? { status & 0x7f != 0 ? status & 0x7f : nil }
  }

  /// Runs `zeroth` to its end or to the blow.
  ///
  /// - Parameters:
  ///   - seconds: that the job takes unbroken; what a moment is a share of.
  ///   - log: takes the operations on files in `place`, a path a line.
  func run(
    _ arguments: [String], in place: URL, _ blow: Blow? = nil, unbroken seconds: Double = 0, log: URL? = nil
  ) throws -> Ending {
    var environment = ProcessInfo.processInfo.environment.filter { $0.key != "ZEROTH_PLUGIN_PATH" }
    if log != nil || blow?.target != nil {
      environment["LD_PRELOAD"] = killPoints.path
      environment["KILL_POINTS_FOLDER"] = place.path
      environment["KILL_POINTS_LOG"] = log?.path
    }
    if case .operation(let part, let number, let thousandths)? = blow {
      environment["KILL_POINTS_PART"] = part
      environment["KILL_POINTS_AT"] = "\(number)"
      environment["KILL_POINTS_SHARE"] = "\(thousandths)"
    }
    let error = place.deletingLastPathComponent().appending(path: "standard-error")
    let began = ContinuousClock.now
    let process = try start(arguments, environment, error: error)
    switch blow {
    case .moment(let share)?: strike(process, SIGKILL, after: share * seconds)
    case .request(let signal, let share)?: strike(process, signal, after: share * seconds)
    case .operation?, nil: break
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return Ending(
      status: status, seconds: (ContinuousClock.now - began) / .seconds(1),
      said: (try? String(contentsOf: error, encoding: .utf8)) ?? "")
  }

  /// The process has not been waited for, so its number is its own.
  private func strike(_ process: pid_t, _ signal: Int32, after seconds: Double) {
    usleep(UInt32(max(0, 1e6 * seconds)))
    kill(process, signal)
  }

  private func start(_ arguments: [String], _ environment: [String: String], error: URL) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error.path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    let argv = ([executable.path] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var process = pid_t()
    let failure = posix_spawn(&process, executable.path, &actions, nil, argv, envp)
    guard failure == 0 else {
      throw KillError("\(executable.path): cannot be started: \(String(cString: strerror(failure)))")
    }
    return process
  }
}
