import Foundation
import TensorCore
import Testing

@Suite struct StorageTests {
  /// A folder of its own for `body`, gone afterwards.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "storage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func expectUnreadable(_ file: URL, _ words: String) {
    let error = #expect(throws: TensorError.self) { try Storage.mapped(file) }
    #expect(error?.code == .unreadableFile)
    #expect(error?.message.contains(file.path) == true && error?.message.contains(words) == true, "\(error as Any)")
  }

  @Test func mappedFileIsReadOnlyAndWhole() throws {
    try withFolder { folder in
      let file = folder.appending(path: "numbers")
      let numbers = (0..<10_000).map(Float.init)
      try numbers.withUnsafeBytes { try Data($0).write(to: file) }
      let storage = try Storage.mapped(file)
      #expect(storage.byteCount == 40_000 && !storage.isWritable)
      let tensor = try Tensor(storage: storage, byteOffset: 8, shape: [9998], dtype: .float32)
      #expect(tensor.values == Array(numbers[2...]) && !tensor.isWritable)
      // Forgetting pages changes nothing, whatever the range.
      storage.forgetPages(0..<40_000)
      storage.forgetPages(100..<200)
      #expect(tensor.values == Array(numbers[2...]))
      let copy = try tensor.copy()
      #expect(copy.isWritable && copy.values == tensor.values)
      // The mapping outlives the file's name.
      try FileManager.default.removeItem(at: file)
      #expect(tensor.values.last == 9999)
    }
  }

  @Test func whatCannotBeMappedSaysWhy() throws {
    try withFolder { folder in
      expectUnreadable(folder.appending(path: "missing"), "No such file")
      expectUnreadable(folder, "not a regular file")
      let empty = folder.appending(path: "empty")
      try Data().write(to: empty)
      expectUnreadable(empty, "empty")
      let pipe = folder.appending(path: "pipe")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      expectUnreadable(pipe, "not a regular file")
      let loop = folder.appending(path: "loop")
      try FileManager.default.createSymbolicLink(at: loop, withDestinationURL: loop)
      expectUnreadable(loop, "cannot open")
    }
  }

  @Test(.disabled(if: geteuid() == 0, "the superuser reads everything"))
  func unreadableFile() throws {
    try withFolder { folder in
      let file = folder.appending(path: "secret")
      try Data([1]).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: file.path)
      expectUnreadable(file, "Permission denied")
    }
  }

  @Test func ownedMemoryIsZeroedAndAligned() throws {
    for count in [0, 1, 63, 4096, (1 << 20) - 1, 1 << 20, (1 << 20) + 5] {
      let storage = try Storage.owned(byteCount: count)
      #expect(storage.byteCount == count && storage.isWritable && Int(bitPattern: storage.base) % 64 == 0)
      #expect(UnsafeRawBufferPointer(start: storage.base, count: count).allSatisfy { $0 == 0 })
    }
  }

  @Test func tooMuchMemoryIsAnError() {
    let error = #expect(throws: TensorError.self) { try Storage.owned(byteCount: .max) }
    #expect(error?.code == .outOfMemory)
  }

  @Test func writingToAMappedFileStops() async {
    await #expect(processExitsWith: .failure) {
      let file = FileManager.default.temporaryDirectory.appending(path: "mapped-\(UUID().uuidString)")
      try Data(count: 16).write(to: file)
      let storage = try Storage.mapped(file)
      try FileManager.default.removeItem(at: file)
      let tensor = try Tensor(storage: storage, byteOffset: 0, shape: [4], dtype: .float32)
      [Float](repeating: 0, count: 1).withUnsafeBufferPointer { tensor.store($0, at: 0) }
    }
  }
}
