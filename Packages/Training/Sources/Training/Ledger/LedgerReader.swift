import Foundation
import TuningCore

/// A ledger's header and, one step after the other, its updates. The file is checked whole when it is opened; records
/// are read again as they are asked for, so memory does not grow with the run.
public final class LedgerReader {
  /// What a stop in the middle of a write left behind the last whole step.
  public struct TornTail: Sendable, Equatable {
    /// Where it begins, in bytes.
    public var offset: Int
    /// How long it is, in bytes.
    public var length: Int
  }

  public let header: LedgerHeader
  /// Whole steps: those from 0 to this, without it.
  public let stepCount: Int
  /// nil where the file ends with a whole step, as that of a run that was not killed does.
  public let tornTail: TornTail?

  /// Of the file without a torn tail.
  public var byteCount: Int { headerLength + recordCount * LedgerRecord.length }

  let file: LedgerFile
  let headerLength: Int
  let headerChecksum: UInt32
  /// Records of the whole steps.
  let recordCount: Int

  /// - Throws: `LedgerError.unreadableFile`, `.notALedger`, `.otherFormat`, `.corruptHeader`; `.corruptRecord` with the
  ///   offset where a damaged record has a good one after it, or good records do not follow one another.
  public convenience init(_ url: URL) throws { try self.init(LedgerFile(url, for: .reading)) }

  init(_ file: LedgerFile) throws {
    self.file = file
    (header, headerLength, headerChecksum) = try LedgerHeader.read(from: file)
    let size = file.size - headerLength
    var scan = Scan(path: file.path, headerLength: headerLength)
    try Self.forEachRecord(
      in: file, count: size / LedgerRecord.length, headerLength: headerLength, headerChecksum: headerChecksum
    ) { record, index in try scan.take(record, index: index) }
    stepCount = scan.wholeSteps
    recordCount = scan.wholeRecords
    let whole = scan.wholeRecords * LedgerRecord.length
    tornTail = whole < size ? TornTail(offset: headerLength + whole, length: size - whole) : nil
  }

  /// Calls `body` with every step's updates, in order: one for each part of the parameters.
  ///
  /// - Parameter steps: to go through; all whole ones without it.
  /// - Throws: `LedgerError.otherRun` where there are fewer; `.underivableUpdate` where the run had a second optimizer, or
  ///   went along exact gradients, which no ledger holds; whatever `body` throws.
  public func forEachStep(
    in steps: Range<Int>? = nil, _ body: (_ step: Int, _ updates: [ParameterUpdate]) throws -> Void
  ) throws {
    func refuse(_ why: String) -> LedgerError { LedgerError(.underivableUpdate, "\(file.path): the run \(why)") }
    guard header.records != .gradients else {
      throw refuse("of \(header.recipe.optimizer) went along exact gradients, which a ledger does not hold")
    }
    guard header.records == .moves || header.recipe.secondOptimizer == nil else {
      throw refuse("had two optimizers, and which of them an update is of follows from the model")
    }
    try forEachStep(in: steps, parts: { _, _ in RecordedPart(records: header.records, support: .everything) }) {
      try body($0, $1.compactMap(\.self))
    }
  }

  /// What a ledger does not say of one of a step's updates.
  struct RecordedPart {
    var records: LedgerRecords
    /// The elements that the update changes.
    var support: Support
  }

  /// Calls `body` with every step's updates, in order: one for each part of the parameters, nil for one along an exact
  /// gradient.
  ///
  /// - Parameter parts: of a step, by number; asked once for each update.
  /// - Throws: `LedgerError.otherRun` where there are fewer steps; whatever `body` throws.
  func forEachStep(
    in steps: Range<Int>?, parts: (_ step: Int, _ number: Int) -> RecordedPart,
    _ body: (_ step: Int, _ updates: [ParameterUpdate?]) throws -> Void
  ) throws {
    let steps = steps ?? 0..<stepCount
    guard steps.upperBound <= stepCount else {
      throw LedgerError(.otherRun, "\(file.path): the ledger has \(stepCount) steps, not \(steps.upperBound)")
    }
    var terms: [Term] = [], updates: [ParameterUpdate?] = [], part: RecordedPart?
    try forEachWholeRecord { record, _ in
      let step = Int(record.step)
      guard step < steps.upperBound else { return false }
      guard step >= steps.lowerBound else { return true }
      let recorded = part ?? parts(step, updates.count)
      var direction = header.direction(step: step, query: Int(record.query))
      direction.support = recorded.support
      terms.append(Term(record.coefficient, direction))
      part = recorded
      if record.isLastOfUpdate {
        updates.append(update(terms, scale: record.scale, of: recorded.records))
        (terms, part) = ([], nil)
      }
      if record.isLastOfStep {
        try body(step, updates)
        updates = []
      }
      return true
    }
  }

  private func update(_ terms: [Term], scale: Float, of records: LedgerRecords) -> ParameterUpdate? {
    switch records {
    case .moves: .move(Move(terms, decay: scale))
    case .estimates: .descent(.directions(terms), learningRate: scale)
    case .gradients: nil
    }
  }

  /// All of the whole steps: 16 bytes each in memory.
  func records() throws -> [LedgerRecord] {
    var records: [LedgerRecord] = []
    records.reserveCapacity(recordCount)
    try forEachWholeRecord { record, _ in
      records.append(record)
      return true
    }
    return records
  }

  /// Records of the steps below `steps`.
  func recordCount(ofSteps steps: Int) throws -> Int {
    var count = 0
    try forEachWholeRecord { record, _ in
      guard record.step < steps else { return false }
      count += 1
      return true
    }
    return count
  }

  private func forEachWholeRecord(_ body: (LedgerRecord, Int) throws -> Bool) throws {
    try Self.forEachRecord(
      in: file, count: recordCount, headerLength: headerLength, headerChecksum: headerChecksum
    ) { record, index in
      guard let record else {
        let offset = headerLength + index * LedgerRecord.length
        throw LedgerError(
          .corruptRecord, "\(file.path): the record at byte \(offset) changed since the ledger was opened")
      }
      return try body(record, index)
    }
  }

  /// Calls `body` with every record, nil for a damaged one, until it returns false.
  private static func forEachRecord(
    in file: LedgerFile, count: Int, headerLength: Int, headerChecksum: UInt32,
    _ body: (LedgerRecord?, Int) throws -> Bool
  ) throws {
    let piece = 4096
    for start in stride(from: 0, to: count, by: piece) {
      let length = min(piece, count - start) * LedgerRecord.length
      let bytes = try file.read(count: length, at: headerLength + start * LedgerRecord.length)
      for offset in stride(from: 0, to: length, by: LedgerRecord.length) {
        let index = start + offset / LedgerRecord.length
        // A file that was cut while it was read has fewer bytes than it had.
        let record =
          offset + LedgerRecord.length > bytes.count
          ? nil
          : LedgerRecord(
            bytes.subdata(in: offset..<offset + LedgerRecord.length), index: index, headerChecksum: headerChecksum)
        guard try body(record, index) else { return }
      }
    }
  }
}

/// Tells whole steps from a torn tail, and a torn tail from damage.
private struct Scan {
  let path: String
  let headerLength: Int
  private(set) var wholeRecords = 0
  private(set) var wholeSteps = 0
  private var firstBad: Int?
  private var before: LedgerRecord?

  init(path: String, headerLength: Int) {
    self.path = path
    self.headerLength = headerLength
  }

  mutating func take(_ record: LedgerRecord?, index: Int) throws -> Bool {
    guard let record else {
      firstBad = firstBad ?? index
      return true
    }
    if let firstBad {
      throw damage(firstBad, "does not agree with its checksum, and whole records follow it")
    }
    let query = before.map { $0.isLastOfStep ? 0 : Int($0.query) + 1 } ?? 0
    guard record.step == wholeSteps, record.query == query else {
      throw damage(index, "is of step \(record.step), query \(record.query); step \(wholeSteps), query \(query) is due")
    }
    guard before?.isLastOfUpdate ?? true || before?.scale.bitPattern == record.scale.bitPattern else {
      throw damage(index, "has another scale than the others of its update")
    }
    guard record.isLastOfUpdate || !record.isLastOfStep else {
      throw damage(index, "ends step \(record.step) in the middle of an update")
    }
    guard record.coefficient.isFinite, record.scale.isFinite else {
      throw damage(index, "of step \(record.step) holds a number that is not finite")
    }
    before = record
    if record.isLastOfStep { (wholeRecords, wholeSteps) = (index + 1, wholeSteps + 1) }
    return true
  }

  private func damage(_ index: Int, _ what: String) -> LedgerError {
    LedgerError(
      .corruptRecord,
      "\(path): the record at byte \(headerLength + index * LedgerRecord.length) \(what): the file is damaged; "
        + "steps 0 ..< \(wholeSteps) before it are whole")
  }
}
