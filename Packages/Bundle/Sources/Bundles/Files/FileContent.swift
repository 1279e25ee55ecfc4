import Foundation

/// Reads small files whole.
public enum FileContent {
  /// The bytes of `file`, at most `limit` of them.
  ///
  /// - Throws: `BundleError.notFound`, `.unreadable` or `.tooLarge`, naming the file.
  public static func read(_ file: URL, limit: Int) throws -> Data {
    var data = Data()
    try FileSource(file).forEachPiece { piece in
      guard data.count + piece.count <= limit else {
        throw BundleError(.tooLarge, "\(file.path): more than the \(limit) bytes that are accepted here")
      }
      data.append(contentsOf: piece)
    }
    return data
  }
}
