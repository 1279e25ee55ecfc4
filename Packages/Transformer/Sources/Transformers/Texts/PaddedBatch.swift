import TensorCore
import TuningCore

/// Texts as a rectangle of token ids [B, T] with padding on either side, as other tools hold a batch.
///
/// Nothing is computed of padding: `packed(for:)` leaves it out, with positions as the model's reference implementation
/// derives them from the mask.
public struct PaddedBatch: Sendable, Equatable {
  /// B rows of T token ids.
  public let tokens: [[Int32]]
  /// Which columns of a row are text.
  public let columns: [Range<Int>]
  /// Which of a pair of texts each token belongs to, B rows of T; nil: all to the first.
  public let tokenTypes: [[Int32]]?

  /// - Parameter mask: `attention_mask`: 1 for text, 0 for padding, B rows of T; nil: no padding.
  /// - Throws: `ModelError.invalidRequest` for rows of other lengths, a mask of other numbers or with padding within a
  ///   text, or a row without text.
  public init(tokens: [[Int32]], mask: [[Int32]]? = nil, tokenTypes: [[Int32]]? = nil) throws {
    let width = tokens.first?.count ?? 0
    for rows in [tokens, mask, tokenTypes].compactMap({ $0 }) {
      guard rows.count == tokens.count, rows.allSatisfy({ $0.count == width }) else {
        throw ModelError(
          .invalidRequest,
          "a padded batch is a rectangle: \(tokens.count) rows of \(width), but other lengths are there")
      }
    }
    self.tokens = tokens
    self.tokenTypes = tokenTypes
    columns = try tokens.indices.map { row in
      let line = mask?[row] ?? [Int32](repeating: 1, count: width)
      guard line.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        throw ModelError(.invalidRequest, "row \(row): the mask holds numbers other than 0 and 1")
      }
      guard let first = line.firstIndex(of: 1), let last = line.lastIndex(of: 1) else {
        throw ModelError(.invalidRequest, "row \(row): there is nothing but padding")
      }
      guard line[first...last].allSatisfy({ $0 == 1 }) else {
        throw ModelError(.invalidRequest, "row \(row): padding stands within the text, not on a side of it")
      }
      return first..<last + 1
    }
  }

  /// The texts without padding, row after row: what `LanguageModel.hiddenStates` takes. Text b is segment b of the
  /// layout, its columns in order.
  ///
  /// - Throws: `ModelError.invalidRequest` for tokens, token types or positions that the model has not.
  public func packed(for model: any LanguageModel) throws -> (tokens: [Int32], layout: SequenceLayout) {
    var ids: [Int32] = [], types: [Int32] = []
    var layout = SequenceLayout(segments: [], positions: [])
    for (row, columns) in columns.enumerated() {
      layout.segments.append(.init(rows: ids.count..<ids.count + columns.count))
      ids += tokens[row][columns]
      let positions = model.positions(ofPadded: tokens[row], mask: tokens[row].indices.map(columns.contains))
      layout.positions += positions[columns]
      if let tokenTypes { types += tokenTypes[row][columns] }
    }
    if tokenTypes != nil { layout.tokenTypes = types }
    try model.check(ids, layout)
    return (ids, layout)
  }
}
