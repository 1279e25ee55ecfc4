import Bundles
import Foundation
import TuningCore

/// Appends a run's updates to its ledger, one write a step: whatever ends the process, the file holds every step before
/// the last one whole.
public final class LedgerWriter {
  public let header: LedgerHeader
  /// Steps that the ledger holds.
  public private(set) var stepCount: Int

  private let file: LedgerFile
  private let headerLength: Int
  let headerChecksum: UInt32
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

  /// Records the updates of the next step: one for each part of the parameters.
  ///
  /// - Parameter step: from 0; must be `stepCount`.
  /// - Throws: `LedgerError.underivableUpdate` where one is not of the header's kind, has no term, one that is not finite,
  ///   or a direction that is not the header's of (step, its place), or where they have more than 65,536 terms together;
  ///   `.noSpaceLeft`, `.unwritable`, and then the file ends at its last whole step.
  public func append(step: Int, updates: [ParameterUpdate]) throws {
    precondition(step == stepCount, "LedgerWriter: step \(step) after \(stepCount) steps")
    let records = try self.records(of: updates, step: step)
    var bytes = Data(capacity: records.count * LedgerRecord.length)
    for (i, record) in records.enumerated() {
      bytes += record.encoded(index: recordCount + i, headerChecksum: headerChecksum)
    }
    try file.append(bytes, at: headerLength + recordCount * LedgerRecord.length)
    recordCount += records.count
    stepCount += 1
  }

  /// Returns when everything appended is on the disk.
  public func synchronize() throws { try file.synchronize() }

  private func records(of updates: [ParameterUpdate], step: Int) throws -> [LedgerRecord] {
    func refuse(_ why: String) -> LedgerError {
      LedgerError(
        .underivableUpdate,
        "step \(step): \(why); this ledger holds \(header.records.rawValue) along \(header.directionLaw.rawValue) "
          + "directions of seed (run, step, query)")
    }
    guard !updates.isEmpty, let number = UInt32(exactly: step) else { throw refuse("there is no update to record") }
    var records: [LedgerRecord] = []
    for update in updates {
      let (coefficients, scale) = try contents(of: update, step: step, firstQuery: records.count, refuse)
      guard !coefficients.isEmpty, records.count + coefficients.count <= Int(UInt16.max) + 1 else {
        throw refuse("the update has \(coefficients.count) terms")
      }
      guard scale.isFinite else { throw refuse("the update's decay or learning rate is \(scale)") }
      for (i, coefficient) in coefficients.enumerated() {
        guard coefficient.isFinite else { throw refuse("coefficient \(records.count) is \(coefficient)") }
        records.append(
          LedgerRecord(
            step: number, query: UInt16(records.count), isLastOfStep: false,
            isLastOfUpdate: i == coefficients.count - 1, coefficient: coefficient, scale: scale))
      }
    }
    records[records.count - 1].isLastOfStep = true
    return records
  }

  /// What is recorded of an update: its coefficients, and its decay or learning rate.
  private func contents(
    of update: ParameterUpdate, step: Int, firstQuery: Int, _ refuse: (String) -> LedgerError
  ) throws -> (coefficients: [Float], scale: Float) {
    let scale: Float
    switch (update, header.records) {
    case (.descent(.gradient(_, let share), let rate), .gradients): return ([share], rate)
    case (.move(let move), .moves), (.move(let move), .gradients): scale = move.decay
    // Of the other optimizer.
    case (.move(let move), .estimates) where header.recipe.secondOptimizer != nil: scale = move.decay
    case (.descent(.directions, let rate), .estimates), (.descent(.directions, let rate), .gradients): scale = rate
    case (.move, .estimates): throw refuse("the update is a move")
    case (.descent(.directions, _), .moves): throw refuse("the update is an estimate")
    case (.descent(.gradient, _), _): throw refuse("the update goes along an exact gradient")
    }
    for (i, term) in update.terms.enumerated() {
      let due = header.direction(step: step, query: firstQuery + i)
      guard term.direction.seed == due.seed, term.direction.law == due.law else {
        throw refuse(
          "direction \(firstQuery + i) is \(term.direction.law.rawValue), seed \(term.direction.seed)")
      }
    }
    return (update.terms.map(\.coefficient), scale)
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
