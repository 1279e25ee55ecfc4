import Bundles
import Foundation
import Testing

@Suite struct ArchiveWriterTests {
  @Test(arguments: ArchiveWriter.Format.allCases)
  func whatIsWrittenIsReadBackSorted(format: ArchiveWriter.Format) throws {
    try withTemporaryFolder { folder in
      let source = folder.appending(path: "source")
      let noise = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) })
      try noise.write(to: source)
      let target = folder.appending(path: "out")
      let long = "data/" + String(repeating: "long", count: 60)
      try ArchiveWriter.write(
        [
          .init(path: "data/é", data: Data("é".utf8)), .init(path: "data/z", file: source),
          .init(path: "data/Z", data: Data()), .init(path: long, data: Data("l".utf8)),
        ], to: target, format: format)
      let reader = try ArchiveReader(file: target)
      #expect(
        reader.members == [
          .init(path: "data/Z", size: 0, kind: .file), .init(path: long, size: 1, kind: .file),
          .init(path: "data/z", size: 3_000_000, kind: .file), .init(path: "data/é", size: 2, kind: .file),
        ])
      #expect(try reader.read(member: "data/z") == noise)
      #expect(try reader.read(member: "data/é") == Data("é".utf8))
    }
  }

  @Test(arguments: ArchiveWriter.Format.allCases)
  func theSameContentIsTheSameBytes(format: ArchiveWriter.Format) throws {
    try withTemporaryFolder { folder in
      let members: [ArchiveWriter.Member] = (0..<20).map {
        .init(path: "member/\($0)", data: Data("content \($0)".utf8))
      }
      let file = folder.appending(path: "1")
      try Data("content 1".utf8).write(to: file)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: file.path)
      try ArchiveWriter.write(members, to: folder.appending(path: "one"), format: format)
      var others = Array(members.reversed())
      others[18] = .init(path: "member/1", file: file)
      try ArchiveWriter.write(others, to: folder.appending(path: "two"), format: format)
      let hash = try ContentHash(ofFile: folder.appending(path: "one"))
      #expect(try ContentHash(ofFile: folder.appending(path: "two")) == hash)
    }
  }

  @Test(arguments: ["../a", "/a", "a/../b", "", "a//b", "./a", "a/"])
  func pathsThatTheReaderRefusesAreNotWritten(path: String) throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "out.zip")
      let refused = failure { try ArchiveWriter.write([.init(path: path, data: Data())], to: target, format: .zip) }
      #expect(refused?.code == .refusedMember)
      #expect(!FileManager.default.fileExists(atPath: target.path))
    }
  }

  @Test func twiceTheSameNameAndAMissingFileAreRefused() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "out.zip")
      let twice = ArchiveWriter.Member(path: "a", data: Data())
      #expect(failure { try ArchiveWriter.write([twice, twice], to: target, format: .zip) }?.code == .refusedMember)
      let missing = ArchiveWriter.Member(path: "a", file: folder.appending(path: "none"))
      #expect(failure { try ArchiveWriter.write([missing], to: target, format: .zip) }?.code == .notFound)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.isEmpty)
    }
  }
}
