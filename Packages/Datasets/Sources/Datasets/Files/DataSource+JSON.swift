import Foundation
import Tokenizers

extension DataSource.File {
  /// What `read` makes of every line of a JSON Lines file, one object a line. Empty lines at the end count as none.
  ///
  /// Lines are parsed one by one, so what is kept is what `read` keeps.
  ///
  /// - Throws: `DatasetError` naming file and line; what `read` throws.
  func jsonLines<Sample>(_ read: (JSONRecord) throws -> [Sample]) throws -> [Sample] {
    var samples: [Sample] = []
    try forEachLine { line, bytes in
      samples += try read(jsonRecord(bytes, line: line))
    }
    guard !samples.isEmpty else { throw DatasetError(.emptyDataset, "\(name): the file has no examples") }
    return samples
  }

  /// The object of one line.
  ///
  /// - Throws: `DatasetError.malformedLine`, `.invalidText` or `.invalidField` naming file, line and column.
  func jsonRecord(_ bytes: Slice<UnsafeRawBufferPointer>, line: Int) throws -> JSONRecord {
    guard !bytes.allSatisfy(\.isJSONSpace) else {
      throw DatasetError(.malformedLine, "\(name), line \(line): an empty line where a JSON object is expected")
    }
    return try JSONRecord(parse(bytes, firstLine: line), origin: "\(name), line \(line)")
  }

  /// The one object of a JSON file.
  ///
  /// - Throws: `DatasetError.malformedLine`, `.invalidText` or `.invalidField` naming file, line and column.
  func json() throws -> JSONRecord {
    try data.withUnsafeBytes { try JSONRecord(parse($0[...], firstLine: 1), origin: name) }
  }

  /// Calls `body` with the number, from 1 on, and the bytes of every line, without its ending (\n or \r\n) and the byte
  /// order mark before the first. Empty lines at the end of the file are no lines.
  func forEachLine(_ body: (Int, Slice<UnsafeRawBufferPointer>) throws -> Void) throws {
    try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      var end = bytes.count
      while end > 0, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
      var start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
      var line = 1
      while start < end {
        let next = bytes[start..<end].firstIndex(of: UInt8(ascii: "\n")) ?? end
        let isWindows = next > start && bytes[next - 1] == UInt8(ascii: "\r")
        try body(line, bytes[start..<(isWindows ? next - 1 : next)])
        (start, line) = (next + 1, line + 1)
      }
    }
  }

  private func parse(_ bytes: Slice<UnsafeRawBufferPointer>, firstLine: Int) throws -> JSONValue {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DatasetError(.invalidText, "\(name), line \(firstLine): not UTF-8")
    }
    do {
      return try JSONValue(parsing: text, firstLine: firstLine)
    } catch let error as TokenizerError {
      throw DatasetError(.malformedLine, "\(name), \(error.message)")
    }
  }
}

extension UInt8 {
  fileprivate var isJSONSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0d }
}
