import Foundation
import Testing

@testable import Bundles

/// Bundles, keys and signatures by another program: References/bundle/bundle.py.
@Suite struct BundleGoldenTests {
  private func golden(_ name: String) throws -> URL {
    try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Goldens/bundle"))
  }

  private static let ledger = Data((0..<400).map { UInt8($0 % 200) })

  private static let contents: [String: Data] = [
    "ledger.zl": ledger, "recipe.yaml": Data("model: Models/stories260K\nsteps: 20\n".utf8),
    "model/weights.bin": Data("weights".utf8), "model/again.bin": Data("weights".utf8),
    "naïve/日本語.txt": Data("clichés\n".utf8), "empty": Data(),
  ]

  private static let manifest = BundleManifest(
    kind: .run, title: "naïve “golden” of another program", zeroth: "0.0.0",
    recipe: ["model": "Models/stories260K", "steps": "20", "template": "{text}\n"], versions: ["ZO-SGD": "0.1.0"],
    requirements: [
      BundleRequirement(
        role: .baseModel, name: "stories260K", sha256: ContentHash(of: Data("weights".utf8)), size: 7, included: true),
      BundleRequirement(role: .data, name: "SST-2", sha256: ContentHash(of: Data("data".utf8)), included: false),
    ],
    ledger: LedgerSummary(
      steps: 20, records: 20, bytes: 400, recordsOf: "moves", optimizer: "zo-sgd", scheme: "full", law: "rademacher",
      runSeed: .max),
    results: ["accuracy": 0.8125, "loss": 0.1 + 0.2, "tiny": .leastNonzeroMagnitude, "best_step": 20],
    source: "https://example.org/a", licence: "Apache-2.0")

  @Test(arguments: ["python.zb", "frames.zb", "python.zip", "python.tar.gz"])
  func whatAnotherProgramWroteIsRead(name: String) throws {
    let reader = try BundleReader(file: golden(name))
    #expect(reader.id == ContentHash(of: try Data(contentsOf: golden("manifest.json"))))
    var expected = Self.manifest
    expected.members = reader.manifest.members
    #expect(reader.manifest == expected)
    try reader.verify()
    for (path, data) in Self.contents { #expect(try reader.read(member: path) == data) }
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "out")
      let done = try reader.extract(to: target)
      #expect(done == BundleExtraction(files: 6, unpacked: 452, shared: 0))
      #expect(try SmallBundle.contents(of: target) == Self.contents)
    }
  }

  /// The same manifest to the byte, and so the same id.
  @Test func theSameContentHasTheSameIdInBothPrograms() throws {
    try withTemporaryFolder { folder in
      let kinds: [String: BundleMember.Kind] = [
        "ledger.zl": .ledger, "recipe.yaml": .recipe, "naïve/日本語.txt": .document, "empty": .other,
      ]
      let members = Self.contents.map { BundleWriter.Member(path: $0, kind: kinds[$0] ?? .weights, data: $1) }
      let file = folder.appending(path: "own.zb")
      try BundleWriter(manifest: Self.manifest, members: members).write(to: file)
      let own = try ArchiveReader(file: file).read(member: "manifest.json")
      #expect(try String(decoding: own, as: UTF8.self) == String(contentsOf: golden("manifest.json"), encoding: .utf8))
    }
  }

  @Test(arguments: ["python.zip", "python.tar.gz", "frames.zb"])
  func cutsAndFlipsOfOtherArchivesAreRefusedOrChangeNothing(name: String) throws {
    let whole = try Data(contentsOf: golden(name)), id = try BundleReader(file: golden(name)).id
    try withTemporaryFolder { folder in
      let file = folder.appending(path: name)
      try whole.write(to: file)
      let patch = FilePatch(file)
      func check(_ what: String) throws {
        guard failure({ try BundleReader(file: file).verify() }) == nil else { return }
        let reader = try BundleReader(file: file)
        #expect(reader.id == id, "\(what)")
        #expect(try reader.read(member: "ledger.zl") == Self.ledger, "\(what)")
      }
      for offset in stride(from: 0, to: whole.count, by: 7) {
        patch.set(whole[offset] ^ 1 << UInt8(offset % 8), at: offset)
        try check("offset \(offset)")
        patch.set(whole[offset], at: offset)
      }
      for count in stride(from: whole.count - 1, through: 0, by: -31) {
        patch.cut(to: count)
        try check("\(count) bytes")
      }
    }
  }

  @Test func keysAndSignaturesOfAnotherProgramAreRead() throws {
    let id = try BundleReader(file: golden("python.zb")).id
    let signature = try BundleSignature(file: golden("python.sig"))
    let publicKey = try VerifyingKey(file: golden("public.key"))
    try publicKey.verify(signature, of: id)
    let key = try SigningKey(file: golden("private.key"))
    #expect(key.verifyingKey.id == publicKey.id)
    try publicKey.verify(key.signature(of: id), of: id)
    try withTemporaryFolder { folder in
      let own = folder.appending(path: "private.key")
      try key.write(to: own)
      #expect(try Data(contentsOf: own) == Data(contentsOf: golden("private.key")))
      try publicKey.write(to: folder.appending(path: "public.key"))
      #expect(try Data(contentsOf: folder.appending(path: "public.key")) == Data(contentsOf: golden("public.key")))
      try signature.write(to: folder.appending(path: "a.sig"))
      #expect(try Data(contentsOf: folder.appending(path: "a.sig")) == Data(contentsOf: golden("python.sig")))
    }
  }
}
