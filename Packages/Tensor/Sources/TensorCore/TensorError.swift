/// What went wrong with a file or the memory behind tensors.
public struct TensorError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests match it.
  public enum Code: String, Sendable {
    case unreadableFile
    case outOfMemory
    case outOfBounds
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
