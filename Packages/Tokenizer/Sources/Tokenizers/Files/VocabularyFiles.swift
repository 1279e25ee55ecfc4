import Foundation

extension Vocabulary {
  /// Reads a vocab.txt: a token a line, numbered from 0. White space at the end of a line is not part of the token.
  init(linesOf file: URL) throws {
    self.init()
    for (number, line) in try TextLines.of(file).enumerated() {
      let scalars = line.unicodeScalars
      let end = scalars.lastIndex { !$0.properties.isWhitespace }.map { scalars.index(after: $0) }
      guard let end else { continue }
      let token = String(scalars[..<end])
      do throws(Vocabulary.Conflict) {
        try add(token, id: Int32(number))
      } catch {
        throw TokenizerError(
          .malformedFile, "line \(number + 1): \(error.message(adding: token, id: Int32(number)))", file: file.path)
      }
    }
  }
}

extension MergeTable {
  /// Reads a merges.txt: two tokens a line with one space between them, most preferred first, after a first line with
  /// the version of the format.
  init(mergesFile file: URL, _ vocabulary: Vocabulary) throws {
    let lines = try TextLines.of(file)
    self.init(capacity: lines.count)
    var rank = 0
    for (number, line) in lines.enumerated() where !line.hasPrefix("#version") {
      let parts = line.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw TokenizerError(
          .malformedFile, "line \(number + 1): expected two tokens with one space between them", file: file.path)
      }
      do {
        try add(String(parts[0]), String(parts[1]), rank: rank, vocabulary)
      } catch let error as TokenizerError {
        throw TokenizerError(error.code, "line \(number + 1): \(error.message)", file: file.path)
      }
      rank += 1
    }
  }
}

/// The lines of a text file.
enum TextLines {
  /// A newline, with a carriage return before it or not, ends a line; one at the end of the file starts none.
  static func of(_ file: URL) throws -> [Substring] {
    guard let data = try? Data(contentsOf: file) else {
      let reason = FileManager.default.fileExists(atPath: file.path) ? "cannot be read" : "does not exist"
      throw TokenizerError(.unreadableFile, "the file \(reason); check the path", file: file.path)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw TokenizerError(.malformedFile, "the file is not UTF-8 text", file: file.path)
    }
    guard data.count / 2 <= Vocabulary.highestID * 16 else {
      throw TokenizerError(.malformedFile, "the file is larger than any vocabulary", file: file.path)
    }
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { Substring($0.last == "\r" ? $0.dropLast() : $0) }
  }
}
