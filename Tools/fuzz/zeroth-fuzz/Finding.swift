import Foundation

/// An input that ended its reader.
struct Finding: CustomStringConvertible {
  enum Kind: Equatable {
    /// Ended by a signal: a trap, an overflow of the stack, a bad access.
    case crash(Int32)
    case hang
    case memory
    /// The worker ended by itself.
    case exit(Int32)

    var name: String {
      switch self {
      case .crash(let signal): "crash-\(signal)"
      case .hang: "hang"
      case .memory: "memory"
      case .exit(let status): "exit-\(status)"
      }
    }
  }

  let kind: Kind
  let reader: FuzzReader
  var input: [UInt8]
  /// What made it.
  let origin: String

  /// FNV-1a of the input, so that equal inputs are one file.
  private var digest: String {
    String(input.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }, radix: 16)
  }

  func file(in folder: URL) -> URL { folder.appending(path: "\(reader.name)/\(kind.name)-\(digest)") }

  func save(in folder: URL) throws {
    let file = file(in: folder)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(input).write(to: file, options: .atomic)
  }

  var description: String { "\(reader.name): \(kind.name), \(input.count) bytes (\(origin))" }
}

/// This program as a process of its own.
enum Child {
  static func spawn(_ arguments: [String], isQuiet: Bool) throws -> pid_t {
    let program = "/proc/self/exe"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if isQuiet {
      for stream in [STDOUT_FILENO, STDERR_FILENO] {
        posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
      }
    }
    // A crash is told by its signal; a backtrace takes seconds, and --replay gives it.
    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "enable=no"
    let argv = (["zeroth-fuzz"] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var process = pid_t()
    let failure = posix_spawn(&process, program, &actions, nil, argv, envp)
    guard failure == 0 else { throw FuzzError("\(program): cannot be started: \(String(cString: strerror(failure)))") }
    return process
  }

  /// What `waitpid` says of an end.
  static func kind(status: Int32) -> Finding.Kind {
    let signal = status & 0x7f
    if signal != 0 { return .crash(signal) }
    let code = status >> 8 & 0xff
    switch code {
    case Worker.memoryStatus: return .memory
    case Worker.hangStatus: return .hang
    default: return .exit(code)
    }
  }
}
