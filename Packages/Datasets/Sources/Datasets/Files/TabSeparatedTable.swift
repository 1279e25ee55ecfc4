import Foundation

/// A tab-separated file with a header line, as GLUE has them: UTF-8, a line each, no quoting.
///
/// A byte order mark before the header and a carriage return at the end of a line are not part of the text.
struct TabSeparatedTable {
  struct Row {
    /// Counted from 1; the header is line 1.
    let line: Int
    /// Of the columns asked for, in that order.
    let fields: [String]
  }

  let rows: [Row]

  /// - Throws: `DatasetError.missingColumn`, `.malformedLine`, `.invalidText` or `.emptyDataset`, naming file and line.
  init(_ file: DataSource.File, columns: [String]) throws {
    var lines = [UInt8](file.data).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard let first = lines.first else { throw DatasetError(.emptyDataset, "\(file.name): the file is empty") }
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let header = try Self.fields(first.starts(with: mark) ? first.dropFirst(3) : first, of: file, line: 1)
    let positions = try columns.map { column in
      guard let position = header.firstIndex(of: column) else {
        throw DatasetError(
          .missingColumn,
          "\(file.name), line 1: no column '\(column)'; the header has \(header.joined(separator: ", "))")
      }
      return position
    }
    rows = try lines.enumerated().dropFirst().map { index, bytes in
      let fields = try Self.fields(bytes, of: file, line: index + 1)
      guard fields.count == header.count else {
        throw DatasetError(
          .malformedLine,
          "\(file.name), line \(index + 1): \(fields.count) columns, where the header has \(header.count) "
            + "(\(header.joined(separator: ", ")))")
      }
      return Row(line: index + 1, fields: positions.map { fields[$0] })
    }
    guard !rows.isEmpty else { throw DatasetError(.emptyDataset, "\(file.name): there is no line after the header") }
  }

  private static func fields(_ bytes: ArraySlice<UInt8>, of file: DataSource.File, line: Int) throws -> [String] {
    let bytes = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
    return try bytes.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { field in
      guard let text = String(validating: field, as: UTF8.self) else {
        throw DatasetError(.invalidText, "\(file.name), line \(line): not UTF-8")
      }
      return text
    }
  }
}
