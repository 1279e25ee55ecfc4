import Foundation
import Testing

@testable import Bundles

@Suite struct HostileBundleTests {
  private let tiny = BundleWriter(
    manifest: BundleManifest(kind: .data, title: "t", zeroth: "0"),
    members: [.init(path: "a", kind: .data, data: Data("content".utf8))])

  @Test func anHonestTarIsRead() throws {
    let tar = try BundleTar([("a", "one"), ("b", "two"), ("c", "one")])
    #expect(tar.objects.count == 2)
    #expect(try refusal(of: tar.bytes()) == nil)
  }

  @Test func everyCutIsRefused() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      try tiny.write(to: file)
      let whole = try Data(contentsOf: file)
      let patch = FilePatch(file)
      for count in (0..<whole.count).reversed() {
        patch.cut(to: count)
        let cut = failure { try BundleReader(file: file).verify() }
        #expect(
          cut.map { [.corrupt, .notAnArchive, .notABundle].contains($0.code) } == true, "\(count) bytes: \(cut as Any)")
      }
      try (whole + Data([0])).write(to: file)
      #expect(failure { try BundleReader(file: file).verify() }?.code == .corrupt)
      try (whole + whole).write(to: file)
      #expect(failure { try BundleReader(file: file).verify() }?.code == .refusedMember)
    }
  }

  @Test func everyFlippedByteIsRefusedOrChangesNothing() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      let id = try tiny.write(to: file).id
      let bytes = try Data(contentsOf: file), patch = FilePatch(file)
      var harmless = 0
      for offset in bytes.indices {
        for mask in [UInt8(1) << UInt8(offset % 8), 0xff] {
          patch.set(bytes[offset] ^ mask, at: offset)
          if failure({ try BundleReader(file: file).verify() }) == nil {
            harmless += 1
            let reader = try BundleReader(file: file)
            #expect(reader.id == id)
            #expect(try reader.read(member: "a") == Data("content".utf8), "\(offset)")
          }
        }
        patch.set(bytes[offset], at: offset)
      }
      // The window's size, a file's time: what no content depends on.
      #expect(harmless < bytes.count / 10)
    }
  }

  @Test func aByteFlippedInATarIsRefusedOrChangesNothing() throws {
    let tar = try BundleTar([("a", "one"), ("b", "two")])
    let bytes = tar.bytes()
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "flipped.tar")
      try bytes.write(to: file)
      let patch = FilePatch(file)
      for offset in stride(from: 0, to: bytes.count, by: 5) {
        patch.set(bytes[offset] ^ 1 << UInt8(offset % 8), at: offset)
        if failure({ try BundleReader(file: file).verify() }) == nil {
          let reader = try BundleReader(file: file)
          #expect(reader.id == ContentHash(of: Data(tar.manifest.utf8)))
          #expect(try reader.read(member: "b") == Data("two".utf8))
        }
        patch.set(bytes[offset], at: offset)
      }
    }
  }

  /// Names that would be harmful if they became paths, and harmless ones that no bundle has.
  @Test(arguments: [
    "../evil", "/etc/evil", "objects/../../evil", "objects/evil", "evil",
    "objects/" + String(repeating: "A", count: 64),
    "Manifest.json", "manifest.json/", "objects/" + String(repeating: "0", count: 63),
  ])
  func aMemberOfAnyOtherNameIsRefused(name: String) throws {
    let tar = try BundleTar([("a", "one")])
    for type: Character in ["0", "5"] {
      #expect(try refusal(of: tar.bytes { $0.append(name, type: type) })?.code == .refusedMember)
    }
  }

  @Test(arguments: ["1", "2", "3", "4", "6"] as [Character])
  func anObjectThatIsALinkOrADeviceIsRefused(type: Character) throws {
    var tar = try BundleTar([("a", "one")])
    let name = tar.objects.removeLast().name
    #expect(try refusal(of: tar.bytes { $0.append(name, type: type, link: "/etc/passwd") })?.code == .refusedMember)
  }

  @Test func whatIsThereTwiceIsRefused() throws {
    let tar = try BundleTar([("a", "one")])
    for (name, content) in tar.objects + [("manifest.json", tar.manifest), ("manifest.sha256", tar.honestSeal)] {
      #expect(try refusal(of: tar.bytes { $0.append(name, content) })?.code == .refusedMember)
    }
    let folders = tar.bytes { for _ in 0..<10 { $0.append("objects/", type: "5") } }
    #expect(try refusal(of: folders)?.code == .tooLarge)
  }

  @Test func whatIsMissingOrTooMuchOrAnotherIsRefused() throws {
    let whole = try BundleTar([("a", "one"), ("b", "two")])
    var tar = whole
    tar.objects.removeLast()
    #expect(try refusal(of: tar.bytes())?.code == .missingMember)
    let other = ContentHash(of: Data("three".utf8))
    #expect(try refusal(of: whole.bytes { $0.append("objects/\(other)", "three") })?.code == .refusedMember)
    tar = whole
    tar.objects[0].content = "ONE"
    #expect(try refusal(of: tar.bytes())?.code == .corrupt)
    tar.objects[0].content = "three"
    #expect(try refusal(of: tar.bytes())?.code == .corrupt)
    tar = whole
    tar.seal = "\(other)  manifest.json\n"
    #expect(try refusal(of: tar.bytes())?.code == .corrupt)
    tar.seal = whole.honestSeal + " "
    #expect(try refusal(of: tar.bytes())?.code == .corrupt)
  }

  @Test func somethingBehindTheEndIsRefused() throws {
    let tar = try BundleTar([("a", "one")]).bytes()
    #expect(try refusal(of: tar + Data(count: 9 * 1024)) == nil)
    #expect(try refusal(of: tar + Data(count: 9 * 1024) + Data([1]))?.code == .refusedMember)
    #expect(try refusal(of: tar + tar)?.code == .refusedMember)
    #expect(try refusal(of: tar + Data(count: 4 << 20)).map { [.refusedMember, .tooLarge].contains($0.code) } == true)
  }

  @Test func theManifestMustComeFirst() throws {
    let tar = try BundleTar([("a", "one")])
    var bytes = TarBytes()
    bytes.append(tar.objects[0].name, "one")
    bytes.append("manifest.json", tar.manifest)
    bytes.append("manifest.sha256", tar.honestSeal)
    let late = try refusal(of: bytes.finished())
    #expect(late?.code == .notABundle)
    #expect(late?.message.contains("must be the first members") == true)
    var unsealed = TarBytes()
    unsealed.append("manifest.json", tar.manifest)
    #expect(try refusal(of: unsealed.finished())?.code == .notABundle)
    #expect(try refusal(of: TarBytes().finished()).map { [.notABundle, .notAnArchive].contains($0.code) } == true)
    for text in ["", "PK", "words, and no archive\n"] {
      #expect(try refusal(of: Data(text.utf8)).map { [.notAnArchive, .corrupt].contains($0.code) } == true, "\(text)")
    }
  }

  @Test func limitsRefuseByNameBeforeContentIsRead() throws {
    let tar = try BundleTar((0..<10).map { ("member \($0)", "content \($0)") }).bytes()
    func refused(_ limits: BundleLimits) throws -> String? {
      let error = try refusal(of: tar, limits: limits)
      #expect(error == nil || error?.code == .tooLarge)
      return error?.message
    }
    #expect(try refused(BundleLimits(memberCount: 10, totalSize: 90)) == nil)
    #expect(try refused(BundleLimits(memberCount: 9))?.contains("limit: members") == true)
    #expect(try refused(BundleLimits(totalSize: 89))?.contains("limit: size") == true)
    #expect(try refused(BundleLimits(manifestSize: 1000))?.contains("manifest.json has") == true)
  }

  /// 400 MB that are few bytes in the file, honestly described: nothing but the limits stands against them.
  @Test func aBombIsRefusedByWhatItsManifestSays() throws {
    let hash = ContentHash(of: Data())
    let tar = try BundleTar([("zeros", "")]) { $0.replacing("\"size\": 0", with: "\"size\": 400000000") }
    let bomb = try refusal(of: tar.bytes())
    #expect(bomb?.code == .tooLarge)
    #expect(bomb?.message.contains("limit: expansion") == true)
    // Equal files take their room each.
    let twins = try BundleTar([("a", ""), ("b", "")]) { $0.replacing("\"size\": 0", with: "\"size\": 200000000") }
    #expect(try refusal(of: twins.bytes())?.message.contains("limit: expansion") == true)
    // Who raises the limit is told of what is wrong beyond.
    let raised = try refusal(of: tar.bytes(), limits: BundleLimits(expansion: 10_000_000))
    #expect(raised?.code == .corrupt)
    #expect(tar.objects[0].name == "objects/\(hash)")
    // More than any disk has: refused before a byte is read.
    let endless = try BundleTar([("zeros", "")]) { $0.replacing("\"size\": 0", with: "\"size\": 9000000000000000000") }
    let limits = BundleLimits(totalSize: .max, expansion: .max)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "endless.zb")
      try endless.bytes().write(to: file)
      let full = failure { try BundleReader(file: file, limits: limits).extract(to: folder.appending(path: "out")) }
      #expect(full?.code == .noSpaceLeft)
    }
  }

  /// Zeros in the place of a manifest, of members, and of what follows them, each far larger than the file.
  @Test func whatUnpacksToMuchMoreThanItShouldIsStopped() throws {
    let honest = try BundleTar([("a", "one")])
    func compressed(_ tar: Data) throws -> Data {
      var bytes = Data()
      let output = try ArchiveOutput(.zstandard(level: 3), path: "bomb") { bytes.append(contentsOf: $0) }
      try output.append("", .data(tar))
      try output.close()
      return bytes
    }
    #expect(try refusal(of: compressed(honest.bytes())) == nil)
    var manifest = TarBytes()
    manifest.append("manifest.json", String(repeating: " ", count: 2 << 20))
    let bomb = try refusal(of: compressed(manifest.finished()))
    #expect(bomb?.code == .tooLarge)
    #expect(bomb?.message.contains("at most 1048576 are accepted") == true)
    let tail = try refusal(of: compressed(honest.bytes() + Data(count: 8 << 20)))
    #expect(tail.map { [.refusedMember, .tooLarge].contains($0.code) } == true)
    #expect(
      try refusal(of: compressed(honest.bytes { for _ in 0..<5000 { $0.append("./", type: "5") } }))?.code
        == .tooLarge)
    // Compressed twice.
    #expect(try refusal(of: compressed(compressed(honest.bytes()))) != nil)
  }
}
