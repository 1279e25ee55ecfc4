import Foundation
import TuningCore

/// What two ledgers have in common.
public struct LedgerComparison: Sendable, Codable, Equatable {
  /// Of what their records mean: base, data, recipe, seed; empty for two ledgers of one run.
  public var headers: [String]
  public var steps: [Int]
  /// Steps from the beginning on whose records are the same.
  public var sameSteps: Int

  /// Whether they tell the same from beginning to end.
  public var isSame: Bool { headers.isEmpty && steps[0] == steps[1] && sameSteps == steps[0] }

  public init(_ a: LedgerReader, _ b: LedgerReader) throws {
    headers = a.header.differences(from: b.header)
    steps = [a.stepCount, b.stepCount]
    let (left, right) = (try a.records(), try b.records())
    let same = zip(left, right).prefix { $0 == $1 }.count
    sameSteps = left.prefix(same).count(where: \.isLastOfStep)
  }
}

/// What a ledger says of one query.
public struct LedgerEntry: Sendable, Codable, Equatable {
  public var step: Int
  /// Of the step's updates, one for each part of the parameters.
  public var update: Int
  public var query: Int
  public var coefficient: Float
  /// Of the update: the decay of a move, the learning rate of an estimate.
  public var scale: Float
}

extension LedgerReader {
  /// The records of some steps in words.
  public func entries(ofSteps steps: Range<Int>) throws -> [LedgerEntry] {
    var update = 0
    return try records().compactMap { record in
      defer { update = record.isLastOfStep ? 0 : record.isLastOfUpdate ? update + 1 : update }
      guard steps.contains(Int(record.step)) else { return nil }
      return LedgerEntry(
        step: Int(record.step), update: update, query: Int(record.query), coefficient: record.coefficient,
        scale: record.scale)
    }
  }
}
