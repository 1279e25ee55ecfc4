/// Everything that is wrong with a file that a person wrote, found in one reading.
public struct ConfigurationError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and callers match it.
  public enum Code: String, Sendable {
    /// No such file, or it cannot be read.
    case unreadableFile
    /// Larger than such a file can be.
    case tooLarge
    /// Not YAML, or a key or value that does not fit.
    case invalidConfiguration
  }

  /// One thing to mend.
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// `recipe.yaml:4` or `--set lora.rnak=4`, whatever the value was given by.
    public let location: String
    /// What is wrong and what to write.
    public let message: String

    public init(location: String, message: String) {
      self.location = location
      self.message = message
    }

    public var description: String { "\(location): \(message)" }
  }

  public let code: Code
  public let problems: [Problem]

  public init(code: Code, problems: [Problem]) {
    self.code = code
    self.problems = problems
  }

  public var description: String {
    guard problems.count != 1 else { return problems[0].description }
    return "\(problems.count) problems:\n" + problems.map { "  - \($0)" }.joined(separator: "\n")
  }
}
