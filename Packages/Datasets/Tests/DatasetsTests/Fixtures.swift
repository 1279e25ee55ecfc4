import Bundles
import Datasets
import Foundation
import Testing
import Tokenizers
import TuningCore

/// What the tests read: goldens of this package, and the data and the model committed beside it.
enum Fixture {
  private static let repository = (0..<5).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

  /// References/sst2/make_goldens.py, References/tasks/make_goldens.py
  static let goldens = Bundle.module.resourceURL!.appending(path: "Goldens")

  static let archive = repository.appending(path: "Data/SST-2/SST-2.zip")

  static func tokenizer() throws -> Tokenizer {
    try Tokenizer(folder: repository.appending(path: "Models/stories260K"))
  }

  static func golden<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: goldens.appending(path: "\(name).json")))
  }
}

/// A new folder, removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "datasets-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// Writes files of these paths and texts under `folder`.
func write(_ files: [String: String], in folder: URL) throws {
  for (path, text) in files {
    let file = folder.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }
}

/// The `DatasetError` that `body` throws; nil if it throws none or another.
func failure(_ body: () throws -> Void) -> DatasetError? {
  do {
    try body()
    return nil
  } catch {
    return error as? DatasetError
  }
}

/// The `BundleError` that `body` throws; nil if it throws none or another.
func archiveFailure(_ body: () throws -> Void) -> BundleError? {
  do {
    try body()
    return nil
  } catch {
    return error as? BundleError
  }
}
