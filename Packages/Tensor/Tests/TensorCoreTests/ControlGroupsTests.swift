import Foundation
import Testing

@testable import TensorCore

@Suite struct ControlGroupsTests {
  /// What groups of these files say, which are written below a folder of their own.
  private func asked<Value>(
    _ membership: String, _ files: [String: String], _ value: (ControlGroups) -> Value
  ) throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "groups-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files.merging(["membership": membership]) { $1 } {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return value(ControlGroups(root: folder, membership: folder.appending(path: "membership")))
  }

  private func available(_ membership: String, _ files: [String: String]) throws -> Int? {
    try asked(membership, files, \.availableBytes)
  }

  @Test func aShareOfProcessorsIsRoundedUp() throws {
    func processors(_ files: [String: String]) throws -> Int? { try asked("0::/a/b\n", files, \.processors) }
    #expect(try processors(["a/b/cpu.max": "200000 100000\n"]) == 2)
    #expect(try processors(["a/b/cpu.max": "150000 100000\n", "cpu.max": "max 100000\n"]) == 2)
    #expect(try processors(["a/b/cpu.max": "800000 100000\n", "a/cpu.max": "1000 100000\n"]) == 1)
    #expect(try processors(["a/b/cpu.max": "max 100000\n"]) == nil)
    #expect(try processors([:]) == nil)
  }

  @Test func theNarrowestLimitHolds() throws {
    let files = [
      "memory.max": "9000\n", "memory.current": "1000\n", "a/memory.max": "max\n", "a/memory.current": "500\n",
      "a/b/memory.max": "4000\n", "a/b/memory.current": "3000\n",
      "a/b/memory.stat": "anon 2000\ninactive_file 700\nactive_file 1\n",
    ]
    #expect(try available("0::/a/b\n", files) == 1700)
    #expect(try available("1:name=x:/a\n0::/a\n", files) == 8000)
    // As in a container, which sees its own group as the root.
    #expect(try available("0::/\n", ["memory.max": "100", "memory.current": "300"]) == 0)
  }

  @Test func noLimitIsNone() throws {
    #expect(try available("0::/a\n", ["memory.max": "max\n", "memory.current": "1"]) == nil)
    #expect(try available("3:memory:/a\n", ["memory.max": "1", "memory.current": "1"]) == nil)
    #expect(ControlGroups(root: URL(filePath: "/none"), membership: URL(filePath: "/none")).availableBytes == nil)
  }
}
