import Bundles
import Foundation
import TuningCore

/// Appends a run's moves to its ledger, one write a step: whatever ends the process, the file holds every step before
/// the last one whole.
public final class LedgerWriter {
  public let header: LedgerHeader
  /// Steps that the ledger holds.
  public private(set) var stepCount: Int

  private let file: LedgerFile
  private let headerLength: Int
  private let headerChecksum: UInt32
  private var recordCount: Int

  /// Begins the ledger of a new run; the file appears with its header whole.
  ///
  /// - Throws: `LedgerError.alreadyExists`: a ledger is never written over; `BundleError` where the file cannot be
  ///   written.
  public convenience init(creating url: URL, header: LedgerHeader) throws {
    guard !FileManager.default.fileExists(atPath: url.path) else {
      throw LedgerError(.alreadyExists, "\(url.path): there is a file already: resume its run or choose another folder")
    }
    try AtomicFile.write(header.encoded(), to: url)
    try self.init(LedgerReader(LedgerFile(url, for: .writing)))
  }

  /// Goes on after the first `steps` steps of the ledger of an interrupted run; later ones, and a torn tail, are cut off.
  ///
  /// - Throws: `LedgerError.otherRun` where seed, law, rounding, model, tokenizer, data or recipe are not those of
  ///   `header`, or where the ledger has fewer steps; `.inUse`; what `LedgerReader` throws.
  public convenience init(resuming url: URL, afterStep steps: Int, header: LedgerHeader) throws {
    let file = try LedgerFile(url, for: .writing)
    let reader = try LedgerReader(file)
    let differences = reader.header.differences(from: header)
    guard differences.isEmpty else {
      throw LedgerError(.otherRun, "\(url.path): the ledger is of another run: " + differences.joined(separator: "; "))
    }
    try self.init(Ledger.truncate(reader, afterStep: steps))
  }

  private init(_ reader: LedgerReader) {
    header = reader.header
    stepCount = reader.stepCount
    file = reader.file
    headerLength = reader.headerLength
    headerChecksum = reader.headerChecksum
    recordCount = reader.recordCount
  }

  /// Records the move of the next step.
  ///
  /// - Parameter step: from 0; must be `stepCount`.
  /// - Throws: `LedgerError.underivableMove` where the move has no term, more than 65,536, one that is not finite, or a
  ///   direction that is not the header's of (step, its place); `.noSpaceLeft`, `.unwritable`, and then the file ends
  ///   at its last whole step.
  public func append(step: Int, move: Move) throws {
    precondition(step == stepCount, "LedgerWriter: step \(step) after \(stepCount) steps")
    let bytes = try encoded(move, step: step)
    try file.append(bytes, at: headerLength + recordCount * LedgerRecord.length)
    recordCount += move.terms.count
    stepCount += 1
  }

  /// Returns when everything appended is on the disk.
  public func synchronize() throws { try file.synchronize() }

  private func encoded(_ move: Move, step: Int) throws -> Data {
    func refuse(_ why: String) -> LedgerError {
      LedgerError(
        .underivableMove,
        "step \(step): \(why); a ledger holds moves along \(header.directionLaw.rawValue) directions of seed (run, step, query)"
      )
    }
    guard 1...Int(UInt16.max) + 1 ~= move.terms.count, let number = UInt32(exactly: step) else {
      throw refuse("the move has \(move.terms.count) terms")
    }
    guard move.decay.isFinite else { throw refuse("the decay is \(move.decay)") }
    var bytes = Data(capacity: move.terms.count * LedgerRecord.length)
    for (query, term) in move.terms.enumerated() {
      guard term.coefficient.isFinite else { throw refuse("coefficient \(query) is \(term.coefficient)") }
      guard term.direction == header.direction(step: step, query: query) else {
        throw refuse("direction \(query) of the move is \(term.direction.law.rawValue), seed \(term.direction.seed)")
      }
      let record = LedgerRecord(
        step: number, query: UInt16(query), isLast: query == move.terms.count - 1, coefficient: term.coefficient,
        decay: move.decay)
      bytes += record.encoded(index: recordCount + query, headerChecksum: headerChecksum)
    }
    return bytes
  }
}

/// What mends a ledger's end.
public enum Ledger {
  /// Cuts off what a stop in the middle of a write left; nil where there was nothing.
  ///
  /// - Throws: as `LedgerReader`; `LedgerError.inUse`.
  @discardableResult
  public static func recover(_ url: URL) throws -> LedgerReader.TornTail? {
    let reader = try LedgerReader(LedgerFile(url, for: .writing))
    _ = try truncate(reader, afterStep: reader.stepCount)
    return reader.tornTail
  }

  /// Cuts off all but the first `steps` steps.
  ///
  /// - Throws: as `LedgerReader`; `LedgerError.inUse`; `.otherRun` where there are fewer steps.
  public static func truncate(_ url: URL, afterStep steps: Int) throws {
    _ = try truncate(LedgerReader(LedgerFile(url, for: .writing)), afterStep: steps)
  }

  /// The ledger as it is afterwards.
  static func truncate(_ reader: LedgerReader, afterStep steps: Int) throws -> LedgerReader {
    guard steps <= reader.stepCount else {
      throw LedgerError(
        .otherRun,
        "\(reader.file.path): the ledger ends after \(reader.stepCount) steps and cannot go on after \(steps)")
    }
    guard steps < reader.stepCount || reader.tornTail != nil else { return reader }
    let count = try reader.recordCount(ofSteps: steps)
    try reader.file.truncate(to: reader.headerLength + count * LedgerRecord.length)
    return try LedgerReader(reader.file)
  }
}
