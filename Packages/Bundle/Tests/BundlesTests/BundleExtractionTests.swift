import Foundation
import Testing

@testable import Bundles

@Suite struct BundleExtractionTests {
  private func inode(_ file: URL) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int)
  }

  private func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func filesAppearAtOnceAndAreTheFoldersOwn() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb"), target = folder.appending(path: "out")
      try SmallBundle.write(to: file)
      let reader = try BundleReader(file: file)
      let done = try reader.extract(to: target) { _ in
        #expect(!FileManager.default.fileExists(atPath: target.path))
      }
      #expect(done.files == SmallBundle.contents.count)
      #expect(done.shared == 0)
      #expect(try SmallBundle.contents(of: target) == SmallBundle.contents)
      #expect(try names(in: folder) == ["out", "small.zb"])
      let weights = target.appending(path: "model/weights")
      #expect(try inode(weights) != inode(target.appending(path: "model/copy of weights")))
      try Data("mine".utf8).write(to: weights)
      // An empty folder may be there; anything else may not.
      let empty = folder.appending(path: "empty")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: false)
      try reader.extract(to: empty)
      #expect(try SmallBundle.contents(of: empty) == SmallBundle.contents)
    }
  }

  @Test func whatIsThereIsNeverTouched() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      try SmallBundle.write(to: file)
      let reader = try BundleReader(file: file), full = folder.appending(path: "full")
      try FileManager.default.createDirectory(at: full, withIntermediateDirectories: false)
      try Data("mine".utf8).write(to: full.appending(path: "ledger.zl"))
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: "link"), withDestinationURL: folder.appending(path: "nowhere"))
      for name in ["full", "link", "small.zb"] {
        let occupied = failure { try reader.extract(to: folder.appending(path: name)) }
        #expect(occupied?.code == .occupied)
        #expect(occupied?.message.contains(name) == true)
      }
      #expect(failure { try reader.extract(to: folder.appending(path: "none/out")) }?.code == .notFound)
      #expect(try SmallBundle.contents(of: full) == ["ledger.zl": Data("mine".utf8)])
      #expect(try names(in: folder) == ["full", "link", "small.zb"])
    }
  }

  @Test func onlySomeFiles() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      try SmallBundle.write(to: file)
      let reader = try BundleReader(file: file), paths: Set = ["ledger.zl", "model/copy of weights"]
      let done = try reader.extract(to: folder.appending(path: "out"), only: paths)
      #expect(done == BundleExtraction(files: 2, unpacked: 800, shared: 0))
      #expect(
        try SmallBundle.contents(of: folder.appending(path: "out"))
          == SmallBundle.contents.filter { paths.contains($0.key) })
      let missing = failure { try reader.extract(to: folder.appending(path: "other"), only: ["ledger"]) }
      #expect(missing?.code == .missingMember)
      try reader.extract(to: folder.appending(path: "none"), only: [])
      #expect(try names(in: folder.appending(path: "none")) == [])
      #expect(try names(in: folder) == ["none", "out", "small.zb"])
    }
  }

  @Test func severalBundlesShareWhatTheyHaveInCommon() throws {
    try withTemporaryFolder { folder in
      let store = ObjectStore(folder: folder.appending(path: "a/store")), base = Data.noise(100_000)
      var inodes: Set<Int> = []
      for i in 0..<3 {
        let file = folder.appending(path: "\(i).zb"), target = folder.appending(path: "\(i)")
        try BundleWriter(
          manifest: SmallBundle.manifest,
          members: [
            .init(path: "base", kind: .weights, data: base), .init(path: "again", kind: .weights, data: base),
            .init(path: "own", kind: .other, data: Data("\(i)".utf8)),
          ]
        ).write(to: file)
        let done = try BundleReader(file: file).extract(to: target, store: store)
        #expect(done == BundleExtraction(files: 3, unpacked: i == 0 ? 100_001 : 1, shared: i == 0 ? 0 : 100_000))
        #expect(try SmallBundle.contents(of: target) == ["base": base, "again": base, "own": Data("\(i)".utf8)])
        inodes.formUnion(try ["base", "again"].map { try inode(target.appending(path: $0)) })
      }
      #expect(inodes == [try inode(store.file(of: ContentHash(of: base)))])
      #expect(try names(in: store.folder).count == 4)
      let attributes = try FileManager.default.attributesOfItem(atPath: store.file(of: ContentHash(of: base)).path)
      #expect(attributes[.posixPermissions] as? Int == 0o444)
    }
  }

  @Test func whatIsWrongInTheStoreIsReplaced() throws {
    try withTemporaryFolder { folder in
      let store = ObjectStore(folder: folder.appending(path: "store")), file = folder.appending(path: "small.zb")
      try SmallBundle.write(to: file)
      let reader = try BundleReader(file: file), hash = ContentHash(of: SmallBundle.weights)
      let object = store.file(of: hash)
      for i in 0..<3 {
        try FileManager.default.createDirectory(at: store.folder, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(at: object)
        switch i {
        case 0: try Data(count: SmallBundle.weights.count).write(to: object)
        case 1: try Data().write(to: object)
        default:
          let elsewhere = folder.appending(path: "elsewhere")
          try SmallBundle.weights.write(to: elsewhere)
          try FileManager.default.createSymbolicLink(at: object, withDestinationURL: elsewhere)
        }
        let target = folder.appending(path: "\(i)")
        try reader.extract(to: target, store: store)
        #expect(try SmallBundle.contents(of: target) == SmallBundle.contents)
        #expect(try store.holds(hash, size: SmallBundle.weights.count))
      }
    }
  }

  @Test func severalAtOnceDoNotDisturbEachOther() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bundles-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "small.zb"), store = ObjectStore(folder: folder.appending(path: "store"))
    try SmallBundle.write(to: file)
    try await withThrowingTaskGroup { group in
      for i in 0..<8 {
        group.addTask { try BundleReader(file: file).extract(to: folder.appending(path: "\(i)"), store: store) }
      }
      try await group.waitForAll()
    }
    for i in 0..<8 {
      #expect(try SmallBundle.contents(of: folder.appending(path: "\(i)")) == SmallBundle.contents)
    }
    #expect(try names(in: store.folder) == Set(SmallBundle.contents.values.map { ContentHash(of: $0).hex }).sorted())
  }

  @Test func whatFailsInTheMiddleLeavesNothing() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "big.zb"), store = ObjectStore(folder: folder.appending(path: "store"))
      try BundleWriter(
        manifest: SmallBundle.manifest,
        members: SmallBundle.members + [.init(path: "big", kind: .other, data: .noise(6_000_000))]
      ).write(to: file)
      let reader = try BundleReader(file: file)
      for store in [nil, store] {
        #expect(throws: Stop.self) {
          try reader.extract(to: folder.appending(path: "out"), store: store) { if $0.done > 1 << 22 { throw Stop() } }
        }
      }
      let left = try names(in: folder), stored = try names(in: store.folder)
      #expect(left == ["big.zb", "store"])
      // Whole ones only.
      for name in stored { #expect(try ContentHash(ofFile: store.folder.appending(path: name)).hex == name) }
      // The last frame is damaged: what came before it was right, and still nothing appears.
      let patch = FilePatch(file)
      let count = try Data(contentsOf: file).count
      for offset in count - 60..<count { patch.set(0xff, at: offset) }
      #expect(failure { try reader.extract(to: folder.appending(path: "out")) }?.code == .corrupt)
      let after = try names(in: folder)
      #expect(after == ["big.zb", "store"])
    }
  }

  @Test func aBundleThatIsReplacedWhileItIsOpenIsNoticed() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      try SmallBundle.write(to: file)
      let reader = try BundleReader(file: file)
      var other = SmallBundle.manifest
      other.title = "another"
      try BundleWriter(manifest: other, members: SmallBundle.members).write(to: file)
      #expect(failure { try reader.verify() }?.code == .corrupt)
      #expect(failure { _ = try reader.read(member: "ledger.zl") }?.code == .corrupt)
      #expect(failure { _ = try BundleReader(file: file).read(member: "ledger.zl", limit: 499) }?.code == .tooLarge)
    }
  }
}
