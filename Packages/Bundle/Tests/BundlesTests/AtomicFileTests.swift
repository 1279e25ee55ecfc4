import Foundation
import Testing

@testable import Bundles

@Suite struct AtomicFileTests {
  @Test func replacesAFileWholeAndLeavesNothingElse() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "model.bin")
      try AtomicFile.write(Data("one".utf8), to: target)
      try AtomicFile.write(to: target) { sink in
        try sink.append(Data("two ".utf8))
        #expect(try String(contentsOf: target, encoding: .utf8) == "one")
        try sink.append(Data("three".utf8))
        #expect(sink.count == 9)
      }
      #expect(try String(contentsOf: target, encoding: .utf8) == "two three")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.bin"])
    }
  }

  @Test func aFailureInTheMiddleLeavesTheOldFile() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "model.bin")
      try AtomicFile.write(Data("old".utf8), to: target)
      #expect(throws: Stop.self) {
        try AtomicFile.write(to: target) { sink in
          try sink.append(Data("new".utf8))
          throw Stop()
        }
      }
      #expect(try String(contentsOf: target, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.bin"])
    }
  }

  /// The temporary file is /dev/full, through a link: the kernel's own ENOSPC.
  @Test func aFullDiskIsNamedAndTheOldFileStays() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "model.bin")
      try AtomicFile.write(Data("old".utf8), to: target)
      let full = failure {
        try AtomicFile.write(
          to: target,
          opening: { path in symlink("/dev/full", path) == 0 ? open(path, O_WRONLY) : -1 },
          { sink in try sink.append(Data("new".utf8)) })
      }
      #expect(full?.code == .noSpaceLeft)
      #expect(full?.message.hasPrefix("\(target.path): no space left on the disk") == true)
      #expect(try String(contentsOf: target, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.bin"])
      #expect(FileManager.default.fileExists(atPath: "/dev/full"))
    }
  }

  @Test func aTargetThatCannotBeIsNamed() throws {
    try withTemporaryFolder { folder in
      let missing = failure { try AtomicFile.write(Data(), to: folder.appending(path: "none/file")) }
      #expect(missing?.code == .notFound)
      #expect(missing?.message.contains("none/file: cannot write: its folder does not exist") == true)
      let target = folder.appending(path: "folder")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
      let isFolder = failure { try AtomicFile.write(Data(), to: target) }
      #expect(isFolder?.code == .unwritable)
      #expect(isFolder?.message.contains("is a directory") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["folder"])
    }
  }
}
