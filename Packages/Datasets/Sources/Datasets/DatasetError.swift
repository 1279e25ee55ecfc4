/// What a user can mend about data: a file, a line, a number of examples, a length.
public struct DatasetError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and callers match it.
  public enum Code: String, Sendable {
    /// Neither the folder nor the archive holds the file.
    case missingFile
    /// More than one file could be meant.
    case ambiguousFile
    /// Not UTF-8.
    case invalidText
    /// The header lacks a column.
    case missingColumn
    /// A line with too few or too many columns, or that is no JSON where it should be.
    case malformedLine
    /// A record that lacks a field.
    case missingField
    /// A field that holds something else than it should.
    case invalidField
    /// A label that the task's verbalizer has no word for.
    case unknownLabel
    /// No example at all, or none left for a part that needs some.
    case emptyDataset
    /// The task has no such template.
    case unknownTemplate
    /// An example that cannot be scored as it is worded, tokenised or cut.
    case unscorableExample
  }

  public let code: Code
  /// What, where (file, line), and what to do about it.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
