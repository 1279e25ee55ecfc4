/// Why a benchmark cannot be run, or cannot go on.
public struct BenchmarkError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and exit codes match it.
  public enum Code: String, Sendable {
    /// Another process is running the benchmark in this folder.
    case running
    /// A folder holds something else than what the grid would put there.
    case otherRun
    case invalidBudget
    /// A file of the benchmark's own cannot be read.
    case damaged
    case unwritable
    /// A signal came.
    case stopped
    /// A process could not be started.
    case notStarted
  }

  public let code: Code
  /// What, where, and what to do about it.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
