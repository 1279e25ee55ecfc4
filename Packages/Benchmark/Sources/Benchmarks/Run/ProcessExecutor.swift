import Foundation

/// Carries out each run as a process of the program: `zeroth train RECIPE`, or `zeroth train --resume FOLDER`.
public struct ProcessExecutor: RunExecutor {
  /// Of a process that was stopped by a signal at a checkpoint.
  private static let stoppedStatus: Int32 = 75

  private let executable: URL
  private let leadingArguments: [String]
  private let arguments: [String]

  /// - Parameters:
  ///   - executable: the program.
  ///   - arguments: of every run, beside its own.
  public init(executable: URL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath(), arguments: [String] = []) {
    self.init(executable: executable, leadingArguments: [], arguments: arguments)
  }

  /// - Parameter leadingArguments: before a run's own: a script, for an interpreter.
  init(executable: URL, leadingArguments: [String], arguments: [String]) {
    self.executable = executable
    self.leadingArguments = leadingArguments
    self.arguments = arguments
  }

  public func start(_ order: RunOrder) throws -> any RunningRun {
    guard let lock = try FileLock(order.lock) else { return OrphanedRun(lock: order.lock) }
    var words = leadingArguments + ["train"]
    words += order.resumes ? ["--resume", order.folder.url.path] : [order.recipeFile.path]
    if let steps = order.stopAfter { words += ["--stop-after", String(steps)] }
    return try ChildProcess(executable, words + arguments, log: order.log, lock: lock, describe: Self.ending)
  }

  private static func ending(_ status: Int32, _ log: URL) -> RunEnding {
    let signal = status & 0x7f, code = (status >> 8) & 0xff
    guard signal == 0 else {
      // What the system does to whoever takes too much memory.
      return .failed(
        signal == SIGKILL
          ? "killed: by hand, or by the system for want of memory" : "ended by signal \(signal); see \(log.path)")
    }
    switch code {
    case 0: return .finished
    case stoppedStatus: return .stopped
    default: return .failed(lastError(in: log) ?? "ended with status \(code); see \(log.path)")
    }
  }

  /// What the program said last, from `Error: ` on.
  private static func lastError(in log: URL) -> String? {
    guard let handle = try? FileHandle(forReadingFrom: log) else { return nil }
    defer { try? handle.close() }
    guard let end = try? handle.seekToEnd(), (try? handle.seek(toOffset: end > 8192 ? end - 8192 : 0)) != nil,
      let data = try? handle.readToEnd()
    else { return nil }
    let text = String(decoding: data, as: UTF8.self)
    return text.range(of: "Error: ", options: .backwards).map {
      text[$0.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }
}
