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

extension Data {
  /// Bytes that no compressor makes smaller, the same each time.
  static func noise(_ count: Int) -> Data {
    var data = Data(count: count + 8)
    data.withUnsafeMutableBytes { bytes in
      var state: UInt64 = 1
      for i in stride(from: 0, to: count, by: 8) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.storeBytes(of: (state >> 32 ^ state &* 0x9e37_79b9_7f4a_7c15), toByteOffset: i, as: UInt64.self)
      }
    }
    return data.prefix(count)
  }
}

/// Changes a file where it is, and waits for no disk: for tests that do so thousands of times.
final class FilePatch {
  private let descriptor: Int32

  init(_ file: URL) { descriptor = open(file.path, O_RDWR) }
  deinit { close(descriptor) }

  func set(_ byte: UInt8, at offset: Int) {
    var byte = byte
    precondition(pwrite(descriptor, &byte, 1, off_t(offset)) == 1, "FilePatch: cannot write at \(offset)")
  }

  func cut(to count: Int) {
    precondition(ftruncate(descriptor, off_t(count)) == 0, "FilePatch: cannot cut to \(count)")
  }
}
