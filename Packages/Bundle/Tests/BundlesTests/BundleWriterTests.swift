import Foundation
import Testing

@testable import Bundles

@Suite struct BundleWriterTests {
  @Test func whatIsPackedIsReadBack() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      let written = try SmallBundle.write(to: file)
      let reader = try BundleReader(file: file)
      #expect(reader.id == written.id)
      #expect(reader.manifest == written.manifest)
      #expect(try Data(contentsOf: file).count == written.size)
      #expect(
        reader.manifest.members.map(\.path)
          == SmallBundle.contents.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      var given = SmallBundle.manifest
      given.members = reader.manifest.members
      #expect(reader.manifest == given)
      try reader.verify()
      for (path, data) in SmallBundle.contents { #expect(try reader.read(member: path) == data) }
    }
  }

  @Test func theSameContentIsTheSameBytesWhateverBringsIt() throws {
    try withTemporaryFolder { folder in
      // Several frames, the last of them short, on any number of threads.
      let noise = Data.noise(9_000_000)
      let source = folder.appending(path: "noise")
      try noise.write(to: source)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1e9), .posixPermissions: 0o600], ofItemAtPath: source.path)
      let one = BundleWriter(
        manifest: SmallBundle.manifest, members: SmallBundle.members + [.init(path: "noise", kind: .other, data: noise)]
      )
      let other = BundleWriter(
        manifest: SmallBundle.manifest,
        members: [.init(path: "noise", kind: .other, file: source)] + SmallBundle.members.reversed())
      var hashes: Set<ContentHash> = []
      for (i, threads) in [1, 2, 5, 100].enumerated() {
        let file = folder.appending(path: "\(i).zb")
        try (i % 2 == 0 ? one : other).write(to: file, threads: threads)
        hashes.insert(try ContentHash(ofFile: file))
        #expect(try BundleReader(file: file).read(member: "noise") == noise)
      }
      #expect(hashes.count == 1)
      #expect(try frameCount(folder.appending(path: "0.zb")) == 5)
    }
  }

  private func frameCount(_ file: URL) throws -> Int {
    let magic = ZstandardFrameScanner.magic
    return try Data(contentsOf: file).withUnsafeBytes { bytes in
      var count = 0
      var at = 0
      while at < bytes.count, let start = bytes.baseAddress,
        let found = memchr(start + at, Int32(magic[0]), bytes.count - at)
      {
        at = UnsafeRawPointer(found) - start
        if bytes[at...].starts(with: magic) { count += 1 }
        at += 1
      }
      return count
    }
  }

  @Test func theManifestIsFirstTheSealIsSecondObjectsFollowByHash() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      let written = try SmallBundle.write(to: file)
      let archive = try ArchiveReader(file: file)
      let hashes = Set(SmallBundle.contents.values.map { ContentHash(of: $0).hex }).sorted()
      #expect(archive.members.map(\.path) == ["manifest.json", "manifest.sha256"] + hashes.map { "objects/\($0)" })
      #expect(try archive.read(member: "manifest.sha256") == Data("\(written.id)  manifest.json\n".utf8))
      #expect(try ContentHash(of: archive.read(member: "manifest.json")) == written.id)
    }
  }

  @Test func aLedgerIsSmall() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "run.zb")
      let noise = Data((0..<20_000).map { _ in UInt8.random(in: 0...255) })
      let written = try BundleWriter(
        manifest: SmallBundle.manifest, members: [.init(path: "ledger.zl", kind: .ledger, data: noise)]
      ).write(to: file)
      #expect(written.size < noise.count + 1500)
    }
  }

  @Test func progressCountsEveryStageToItsEnd() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "big.zb")
      let big = Data(count: 10_000_000)
      let writer = BundleWriter(
        manifest: SmallBundle.manifest,
        members: [.init(path: "a", kind: .data, data: big), .init(path: "b", kind: .data, data: big)])
      var told: [BundleProgress] = []
      try writer.write(to: file) { told.append($0) }
      let reader = try BundleReader(file: file)
      try reader.verify { told.append($0) }
      try reader.extract(to: folder.appending(path: "out")) { told.append($0) }
      let last = Dictionary(told.map { ($0.stage, $0) }, uniquingKeysWith: { $1 })
      #expect(last[.hashing] == BundleProgress(stage: .hashing, done: 20_000_000, total: 20_000_000))
      for stage in [BundleProgress.Stage.packing, .verifying, .extracting] {
        #expect(last[stage] == BundleProgress(stage: stage, done: 10_000_000, total: 10_000_000))
        #expect(told.filter { $0.stage == stage }.count > 1)
      }
      #expect(zip(told, told.dropFirst()).allSatisfy { $0.stage != $1.stage || $0.done <= $1.done })
    }
  }

  @Test(arguments: [BundleProgress.Stage.hashing, .packing])
  func whoThrowsFromProgressStopsItAndNothingIsLeft(stage: BundleProgress.Stage) throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let writer = BundleWriter(
        manifest: SmallBundle.manifest, members: [.init(path: "a", kind: .data, data: Data(count: 20_000_000))])
      #expect(throws: Stop.self) {
        try writer.write(to: folder.appending(path: "out.zb")) { if $0.stage == stage && $0.done > 0 { throw Stop() } }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left == [])
    }
  }

  @Test func aFileThatChangesInBetweenIsNoticed() throws {
    try withTemporaryFolder { folder in
      let source = folder.appending(path: "source"), target = folder.appending(path: "out.zb")
      for change in [Data("one!".utf8), Data("longer".utf8), Data("1".utf8)] {
        try Data("one.".utf8).write(to: source)
        let writer = BundleWriter(
          manifest: SmallBundle.manifest, members: [.init(path: "a", kind: .data, file: source)])
        let changed = failure {
          try writer.write(to: target) { if $0.stage == .hashing { try change.write(to: source) } }
        }
        #expect(changed?.code == .unreadable)
        #expect(changed?.message.contains("changed while it was packed") == true)
        #expect(!FileManager.default.fileExists(atPath: target.path))
      }
    }
  }

  @Test func whatNoReaderWouldTakeIsNotWritten() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "out.zb")
      func refused(_ paths: [String], _ manifest: BundleManifest = SmallBundle.manifest) -> BundleError.Code? {
        failure {
          try BundleWriter(manifest: manifest, members: paths.map { .init(path: $0, kind: .data, data: Data()) })
            .write(to: target)
        }?.code
      }
      #expect(refused(["a", "a"]) == .refusedMember)
      #expect(refused(["../a"]) == .refusedMember)
      var manifest = SmallBundle.manifest
      manifest.results["loss"] = .nan
      #expect(refused(["a"], manifest) == .invalidManifest)
      manifest = SmallBundle.manifest
      manifest.title = "two\nlines"
      #expect(refused(["a"], manifest) == .invalidManifest)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left == [])
      let missing = BundleWriter.Member(path: "a", kind: .data, file: folder.appending(path: "none"))
      let none = failure { try BundleWriter(manifest: SmallBundle.manifest, members: [missing]).write(to: target) }
      #expect(none?.code == .notFound)
      // A bundle of nothing is one.
      try BundleWriter(manifest: SmallBundle.manifest, members: []).write(to: target)
      try BundleReader(file: target).verify()
    }
  }
}
