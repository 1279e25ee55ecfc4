/// What stops a run, and what to do about it.
public struct TrainingError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and exit codes match it.
  public enum Code: String, Sendable {
    case runExists
    case notARun
    case otherRecipe
    case otherOptimizer
    case otherBase
    case unwritable
    case diverged
    case damaged
    case invalidInput
    /// A recipe's program that scores answers hangs, dies or answers nonsense.
    case scorerFailed
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
