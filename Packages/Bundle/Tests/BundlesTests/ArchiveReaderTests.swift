import Bundles
import Foundation
import Testing

@Suite struct ArchiveReaderTests {
  static let archives = ["python.zip", "python.tar.gz", "python.tar.bz2", "python.tar.xz", "zstd.tar.zst"]

  private func golden(_ name: String) throws -> URL {
    try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Goldens"))
  }

  /// References/archives/make.py
  @Test(arguments: archives)
  func readsWhatOthersWrote(name: String) throws {
    let reader = try ArchiveReader(file: golden(name))
    #expect(
      reader.members == [
        ArchiveMember(path: "glue", size: 0, kind: .folder),
        ArchiveMember(path: "glue/SST-2/train.tsv", size: 30, kind: .file),
        ArchiveMember(path: "glue/SST-2/naïve.txt", size: 9, kind: .file),
        ArchiveMember(path: "glue/zeros", size: 200_000, kind: .file),
        ArchiveMember(path: "glue/empty", size: 0, kind: .file),
      ])
    #expect(try reader.read(member: "glue/SST-2/naïve.txt") == Data("clichés\n".utf8))
    #expect(try reader.read(member: "glue/zeros") == Data(count: 200_000))
    #expect(try reader.read(member: "glue/empty") == Data())
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "train.tsv")
      try reader.extract(member: "glue/SST-2/train.tsv", to: target)
      #expect(try String(contentsOf: target, encoding: .utf8) == "sentence\tlabel\na fine film \t1\n")
    }
  }

  /// Their headers say how much memory unpacking takes, and there is no end to what they may say.
  @Test(arguments: ["lzma.zip", "bzip2.zip"]) func rareCompressionsOfZipsAreRefused(name: String) throws {
    let refused = failure { _ = try ArchiveReader(file: golden(name)) }
    #expect(refused?.code == .refusedMember)
    #expect(refused?.message.contains("is neither stored nor deflated") == true)
    #expect(failure { _ = try BundleReader(file: golden(name)) }?.code == .refusedMember)
  }

  @Test func onePassGivesEveryMemberAndSkipsWhatIsNotRead() throws {
    let reader = try ArchiveReader(file: golden("python.tar.gz"))
    var seen: [ArchiveMember] = [], text = ""
    try reader.forEachMember { member, content in
      seen.append(member)
      if member.path.hasSuffix("naïve.txt") { text = String(decoding: try content.data(), as: UTF8.self) }
    }
    #expect(seen == reader.members)
    #expect(text == "clichés\n")
  }

  @Test(arguments: archives)
  func holdsToTheLimit(name: String) throws {
    let reader = try ArchiveReader(file: golden(name))
    #expect(try reader.read(member: "glue/zeros", limit: 200_000).count == 200_000)
    let tooLarge = failure { _ = try reader.read(member: "glue/zeros", limit: 199_999) }
    #expect(tooLarge?.code == .tooLarge)
    #expect(tooLarge?.message.contains("'glue/zeros' has 200000 bytes; at most 199999") == true)
    let limits = ArchiveReader.Limits(memberCount: 5, totalSize: 200_038)
    #expect(failure { _ = try ArchiveReader(file: golden(name), limits: limits) }?.code == .tooLarge)
    #expect(
      failure { _ = try ArchiveReader(file: golden(name), limits: .init(memberCount: 4)) }?.code == .tooLarge)
    #expect(throws: Never.self) {
      _ = try ArchiveReader(file: golden(name), limits: .init(memberCount: 5, totalSize: 200_039))
    }
  }

  /// A bomb that states a small size: 1,000,000 zero bytes behind a directory entry of 10.
  @Test func aZipThatLiesAboutItsSizesIsCorrupt() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "bomb.zip")
      try ArchiveWriter.write([.init(path: "zeros", data: Data(count: 1_000_000))], to: file, format: .zip)
      var bytes = try Data(contentsOf: file)
      let stated = withUnsafeBytes(of: UInt32(1_000_000).littleEndian) { Data($0) }
      let lie = withUnsafeBytes(of: UInt32(10).littleEndian) { Data($0) }
      var patched = 0
      while let range = bytes.firstRange(of: stated) {
        bytes.replaceSubrange(range, with: lie)
        patched += 1
      }
      #expect(patched > 0)
      try bytes.write(to: file)
      let lying = failure {
        let reader = try ArchiveReader(file: file)
        #expect(reader.members.first?.size == 10)
        _ = try reader.read(member: "zeros")
      }
      #expect(lying?.code == .corrupt)
    }
  }

  @Test(arguments: archives)
  func everyCutIsAnError(name: String) throws {
    let whole = try Data(contentsOf: golden(name))
    try withTemporaryFolder { folder in
      let file = folder.appending(path: name)
      // A tar's last bytes are its own padding: cutting only them loses nothing, so the cuts stop before.
      for count in stride(from: 0, to: whole.count * 9 / 10, by: max(1, whole.count / 50)) {
        try whole.prefix(count).write(to: file)
        let cut = failure {
          let reader = try ArchiveReader(file: file)
          for member in reader.members where member.kind == .file { _ = try reader.read(member: member.path) }
          if reader.members.count == 5 { throw BundleError(.corrupt, "nothing is missing") }
          throw BundleError(.missingMember, "read \(reader.members.count) members of a cut file without an error")
        }
        #expect(cut.map { [.corrupt, .notAnArchive].contains($0.code) } == true, "\(count) bytes: \(cut as Any)")
      }
    }
  }

  @Test func aFlippedByteIsAnError() throws {
    let whole = try Data(contentsOf: golden("python.zip"))
    let content = try #require(whole.firstRange(of: Data("train.tsv".utf8))).upperBound
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "flipped.zip")
      for offset in content + 3..<content + 20 {
        var bytes = whole
        bytes[offset] ^= 0x10
        try bytes.write(to: file)
        let flipped = failure { _ = try ArchiveReader(file: file).read(member: "glue/SST-2/train.tsv") }
        #expect(flipped?.code == .corrupt, "offset \(offset)")
      }
    }
  }

  @Test func missingThingsAreNamed() throws {
    try withTemporaryFolder { folder in
      let missing = failure { _ = try ArchiveReader(file: folder.appending(path: "none.zip")) }
      #expect(missing?.code == .notFound)
      #expect(missing?.message.contains("none.zip") == true)
      let text = folder.appending(path: "text.zip")
      try Data("this is no archive, whatever its name says".utf8).write(to: text)
      #expect(failure { _ = try ArchiveReader(file: text) }?.code == .notAnArchive)
      #expect(failure { _ = try ArchiveReader(file: folder) }?.code == .unreadable)
    }
    let reader = try ArchiveReader(file: golden("python.zip"))
    let member = failure { _ = try reader.read(member: "train.tsv") }
    #expect(member?.code == .missingMember)
    #expect(member?.message.contains("Members: glue/SST-2/train.tsv, glue/SST-2/naïve.txt") == true)
    #expect(failure { _ = try reader.read(member: "glue") }?.code == .missingMember)
  }
}
