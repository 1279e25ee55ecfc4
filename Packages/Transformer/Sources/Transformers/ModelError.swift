import Foundation

/// What is wrong with a model's files or with what is asked of a model.
public struct ModelError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and callers match it.
  public enum Code: String, Sendable {
    /// Not there, not a file, not permitted, empty.
    case unreadableFile
    /// The file contradicts its format, or itself.
    case malformedFile
    /// Sound, but of a kind that this version does not read.
    case unsupported
    /// A pickle that asks for more than tensors. Nothing of it was executed.
    case unsafeFile
    /// `config.json` or its counterpart lacks a value or has one that makes no sense.
    case invalidConfiguration
    /// Tensors that are missing, left over, or of another shape than the configuration says.
    case mismatchedTensors
    /// A file could not be written.
    case writeFailed
    /// A prompt, a row or an option that the model cannot follow.
    case invalidRequest
    /// Logits that are not numbers: damaged weights, or a dtype too narrow for them.
    case notFinite
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
