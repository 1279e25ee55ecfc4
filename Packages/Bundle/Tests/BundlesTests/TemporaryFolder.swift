import Bundles
import Foundation

/// A new folder, removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "bundles-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The `BundleError` that `body` throws; nil if it throws none or another.
func failure(_ body: () throws -> Void) -> BundleError? {
  do {
    try body()
    return nil
  } catch {
    return error as? BundleError
  }
}
