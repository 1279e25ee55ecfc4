import Bundles
import Foundation
import Testing

@Suite struct ContentHashTests {
  /// FIPS 180-4's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func meetsThePublishedAnswers(text: String, hex: String) {
    #expect(ContentHash(of: Data(text.utf8)).hex == hex)
  }

  @Test func aFileOfSeveralPiecesHashesAsItsBytes() throws {
    try withTemporaryFolder { folder in
      let data = Data((0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
      let file = folder.appending(path: "big")
      try data.write(to: file)
      let hash = try ContentHash(ofFile: file)
      #expect(hash == ContentHash(of: data))
      let hasher = ContentHasher()
      data[..<1_000_001].withUnsafeBytes(hasher.update)
      #expect(hasher.finalize() != hash)
      data[1_000_001...].withUnsafeBytes(hasher.update)
      #expect(hasher.finalize() == hash)
    }
  }

  @Test func textIsTheHashAndOnlyAHashIsAccepted() throws {
    let hash = ContentHash(of: Data("abc".utf8))
    let json = try JSONEncoder().encode([hash])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(hash.hex)\"]")
    #expect(try JSONDecoder().decode([ContentHash].self, from: json) == [hash])
    #expect(try ContentHash(hex: hash.hex.uppercased()) == hash)
    for wrong in ["", "abc", hash.hex + "0", hash.hex.dropLast() + "g"] {
      #expect(failure { _ = try ContentHash(hex: wrong) }?.code == .invalidHash)
    }
  }

  @Test func aFileThatCannotBeReadIsNamed() throws {
    try withTemporaryFolder { folder in
      let missing = failure { _ = try ContentHash(ofFile: folder.appending(path: "none")) }
      #expect(missing?.code == .notFound)
      #expect(missing?.message.contains("/none: cannot read: no such file") == true)
      let isFolder = failure { _ = try ContentHash(ofFile: folder) }
      #expect(isFolder?.code == .unreadable)
      #expect(isFolder?.message.contains("is a directory") == true)
    }
  }
}
