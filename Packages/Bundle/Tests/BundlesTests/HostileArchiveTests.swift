import Bundles
import Foundation
import Testing

@Suite struct HostileArchiveTests {
  private func opening(_ bytes: Data) throws -> BundleError? {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "hostile.tar")
      try bytes.write(to: file)
      return failure { _ = try ArchiveReader(file: file) }
    }
  }

  @Test(arguments: ["../evil", "a/../../evil", "a/..", "..", "/etc/passwd", "//evil", "./../evil"])
  func aPathThatLeavesItsFolderIsRefused(path: String) throws {
    var tar = TarBytes()
    tar.append("good", "good")
    tar.append(path, "evil")
    let refused = try opening(tar.finished())
    #expect(refused?.code == .refusedMember)
    #expect(refused?.message.contains("'\(path)'") == true)
  }

  /// The last is a hard link that brings bytes of its own, as pax allows.
  @Test(arguments: [("1", ""), ("2", ""), ("3", ""), ("4", ""), ("6", ""), ("1", "evil")] as [(Character, String)])
  func linksAndDevicesAreRefused(type: Character, content: String) throws {
    var tar = TarBytes()
    tar.append("good", "good")
    tar.append("evil", content, type: type, link: "good")
    let refused = try opening(tar.finished())
    #expect(refused?.code == .refusedMember)
    #expect(refused?.message.contains("'evil' is a link") == true)
  }

  @Test(arguments: [("a", "a"), ("a", "./a"), ("a/b", "a//b")])
  func twoMembersOfOneNameAreRefused(first: String, second: String) throws {
    var tar = TarBytes()
    tar.append(first, "one")
    tar.append(second, "two")
    let refused = try opening(tar.finished())
    #expect(refused?.code == .refusedMember)
    #expect(refused?.message.contains("two members are called '\(first)'") == true)
  }

  @Test func aSizeBeyondTheFileIsCorruptAndTakesNoMemory() throws {
    var tar = TarBytes()
    tar.append("huge", "few bytes", size: 8_000_000_000)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "huge.tar")
      try tar.finished().write(to: file)
      let cut = failure {
        _ = try ArchiveReader(file: file).read(member: "huge", limit: .max)
      }
      #expect(cut?.code == .corrupt)
    }
  }

  @Test func aNameThatIsNotUTF8IsRefused() throws {
    var tar = TarBytes()
    tar.append("\u{1}\u{1}", "x")
    var bytes = tar.finished()
    // 0xff for both, and the checksum that follows from it.
    bytes[0] = 0xff
    bytes[1] = 0xff
    var sum = 0
    for (offset, byte) in bytes.prefix(512).enumerated() { sum += (148..<156).contains(offset) ? 32 : Int(byte) }
    let octal = String(sum, radix: 8)
    bytes.replaceSubrange(148..<154, with: Data((String(repeating: "0", count: 6 - octal.count) + octal).utf8))
    #expect(try opening(bytes)?.code == .refusedMember)
  }

  @Test func compressedTwiceIsRefused() throws {
    try withTemporaryFolder { folder in
      let inner = folder.appending(path: "inner.tar.zst"), outer = folder.appending(path: "outer.gz")
      try ArchiveWriter.write([.init(path: "a", data: Data("a".utf8))], to: inner, format: .tarZstandard)
      try storedGzip(Data(contentsOf: inner)).write(to: outer)
      #expect(failure { _ = try ArchiveReader(file: outer) }?.code == .refusedMember)
    }
  }

  /// RFC 1952 around one stored RFC 1951 block.
  private func storedGzip(_ data: Data) -> Data {
    func little<Number: FixedWidthInteger>(_ number: Number) -> Data {
      withUnsafeBytes(of: number.littleEndian) { Data($0) }
    }
    var crc: UInt32 = ~0
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    let count = UInt16(data.count)
    return Data([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]) + little(count) + little(~count) + data + little(~crc)
      + little(UInt32(data.count))
  }
}
