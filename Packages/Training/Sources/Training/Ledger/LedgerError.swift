/// What is wrong with a ledger, or with what was to be written to it.
public struct LedgerError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and callers match it.
  public enum Code: String, Sendable {
    case unreadableFile
    case alreadyExists
    /// Another process is writing it.
    case inUse
    case unwritable
    case noSpaceLeft
    /// Does not begin as a ledger does.
    case notALedger
    /// Of a format that this version does not read.
    case otherFormat
    case corruptHeader
    /// A record that has whole records after it does not agree with its checksum, or with its neighbours.
    case corruptRecord
    /// The ledger belongs to another run, or ends before the step that was asked for.
    case otherRun
    /// The parameters that exact gradients moved are not beside the ledger for the step that was asked for.
    case missingPayload
    /// A payload of another run or step, or one whose hash does not agree.
    case corruptPayload
    /// An update that a ledger cannot hold: its directions are not the run's, or it is not of the ledger's kind.
    case underivableUpdate
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
