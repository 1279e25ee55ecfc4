import Foundation
import TuningCore
import Transformers

/// Token ids whose next-token logits are wanted: a line that `zeroth logits` reads.
public struct LogitsQuery: Sendable, Codable, Equatable {
  public var ids: [Int32]
  /// Positions whose logits are wanted; all where nil.
  public var positions: [Int]?
  /// Only the greatest k of each position.
  public var top: Int?

  public init(ids: [Int32], positions: [Int]? = nil, top: Int? = nil) {
    self.ids = ids
    self.positions = positions
    self.top = top
  }
}

/// A line that `zeroth logits` writes: all logits, or the greatest of each position, greatest first.
public struct LogitsAnswer: Sendable, Codable, Equatable {
  public struct Entry: Sendable, Codable, Equatable {
    public var id: Int32
    public var logit: Float
  }

  public var logits: [[Float]]?
  public var top: [[Entry]]?
}

extension InferenceModel {
  /// - Throws: `ModelError.invalidRequest` for ids or positions that are not there.
  public func logits(_ query: LogitsQuery, evaluator: EagerEvaluator) throws -> LogitsAnswer {
    let value = try model.logits(of: query.ids, rows: query.positions, state: state, evaluator: evaluator)
    let rows = (0..<value.rows).map { row in
      Array(value.floats()[row * value.columns..<(row + 1) * value.columns])
    }
    guard let count = query.top else { return LogitsAnswer(logits: rows) }
    guard count > 0 else { throw TrainingError(.invalidInput, "top is \(count): ask for at least one") }
    return LogitsAnswer(
      top: rows.map { row in
        row.indices.sorted { row[$0] > row[$1] || (row[$0] == row[$1] && $0 < $1) }.prefix(count).map {
          LogitsAnswer.Entry(id: Int32($0), logit: row[$0])
        }
      })
  }
}
