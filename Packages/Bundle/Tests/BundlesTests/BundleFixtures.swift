import Foundation

@testable import Bundles

/// A small run, as `zeroth bundle create` might pack it.
enum SmallBundle {
  static let ledger = Data((0..<500).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) })
  static let weights = Data((0..<300).map { UInt8(truncatingIfNeeded: $0 &* $0) })

  static let contents: [String: Data] = [
    "ledger.zl": ledger, "recipe.yaml": Data("model: stories260K\nsteps: 100\n".utf8),
    "result.json": Data("{\"accuracy\": 0.5}\n".utf8), "model/weights": weights, "model/copy of weights": weights,
    "data/naïve.tsv": Data("sentence\tlabel\n".utf8), "data/empty": Data(),
  ]

  static let members: [BundleWriter.Member] = contents.map { path, data in
    let kind: BundleMember.Kind =
      switch path {
      case "ledger.zl": .ledger
      case "recipe.yaml": .recipe
      case "result.json": .result
      case _ where path.hasPrefix("model/"): .weights
      default: .data
      }
    return .init(path: path, kind: kind, data: data)
  }

  static let manifest = BundleManifest(
    kind: .run, title: "stories260K on SST-2, \"small\"", zeroth: "0.1.0",
    recipe: ["model": "Models/stories260K", "steps": "100", "template": "{text}\n"], versions: ["ZO-SGD": "0.1.0"],
    requirements: [
      BundleRequirement(
        role: .baseModel, name: "stories260K", sha256: ContentHash(of: weights), size: 300, included: true),
      BundleRequirement(role: .tokenizer, name: "stories260K", sha256: ContentHash(of: ledger), included: false),
    ],
    ledger: LedgerSummary(
      steps: 100, records: 100, bytes: 500, recordsOf: "moves", optimizer: "zo-sgd", scheme: "full", law: "gaussian",
      runSeed: .max),
    results: ["accuracy": 0.5, "loss": 0.1 + 0.2, "best_step": 1e20], source: "https://example.org", licence: "MIT")

  @discardableResult static func write(to file: URL) throws -> BundleWriter.Result {
    try BundleWriter(manifest: manifest, members: members).write(to: file)
  }

  /// What a folder holds, by path.
  static func contents(of folder: URL) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      var isFolder: ObjCBool = false
      let file = folder.appending(path: path)
      guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), !isFolder.boolValue else {
        continue
      }
      contents[path] = try Data(contentsOf: file)
    }
    return contents
  }
}

/// A bundle's tar written by hand.
struct BundleTar {
  var manifest: String
  var seal: String?
  var objects: [(name: String, content: String)] = []

  /// `members` by path and content, as honest as it gets; the manifest's text may be changed by `changing`.
  init(_ members: [(path: String, content: String)], changing: (String) -> String = { $0 }) throws {
    var manifest = BundleManifest(kind: .data, title: "by hand", zeroth: "0.1.0")
    var objects: [String: String] = [:]
    for (path, content) in members {
      let hash = ContentHash(of: Data(content.utf8))
      manifest.members.append(BundleMember(path: path, kind: .data, size: content.utf8.count, sha256: hash))
      objects["objects/\(hash)"] = content
    }
    self.manifest = changing(String(decoding: try manifest.encoded(), as: UTF8.self))
    self.objects = objects.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  var honestSeal: String { "\(ContentHash(of: Data(manifest.utf8)))  manifest.json\n" }

  /// `extra` may add members at the end.
  func bytes(extra: (inout TarBytes) -> Void = { _ in }) -> Data {
    var tar = TarBytes()
    tar.append("manifest.json", manifest)
    tar.append("manifest.sha256", seal ?? honestSeal)
    for (name, content) in objects { tar.append(name, content) }
    extra(&tar)
    return tar.finished()
  }
}

/// What opening, verifying and extracting these bytes comes to; the last must never leave anything.
func refusal(of bytes: Data, limits: BundleLimits = BundleLimits()) throws -> BundleError? {
  try withTemporaryFolder { folder in
    let file = folder.appending(path: "hostile.zb"), target = folder.appending(path: "target")
    try bytes.write(to: file)
    let verified = failure { try BundleReader(file: file, limits: limits).verify() }
    let extracted = failure { try BundleReader(file: file, limits: limits).extract(to: target) }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    guard left == (extracted == nil ? ["hostile.zb", "target"] : ["hostile.zb"]) else {
      throw BundleError(.unwritable, "left behind: \(left)")
    }
    guard verified?.code == extracted?.code else {
      throw BundleError(.unwritable, "verified: \(verified as Any), extracted: \(extracted as Any)")
    }
    return verified
  }
}
