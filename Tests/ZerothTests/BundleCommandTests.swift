import Bundles
import Foundation
import Testing

@testable import Training

/// Runs, models, adapters and data in bundles, as a user packs and unpacks them.
@Suite(.workplace) struct BundleCommandTests {
  private func finish(_ place: Workplace, _ name: String = "run", _ changes: [String: String] = [:]) throws -> RunFolder
  {
    let session = Session(folder: RunFolder(place(name)), changes: changes)
    _ = try session.finish()
    return session.folder
  }

  private func pack(_ place: Workplace, _ folder: URL, _ options: String..., to name: String = "run.zb") throws
    -> String
  {
    let output = try Program.Running(
      ["bundle", "create", folder.path, "--out", place(name).path] + options
    ).wait()
    #expect(output.status == 0, "\(output.err)")
    return place(name).path
  }

  private func refusal(_ arguments: String...) throws -> String {
    let output = try Program.Running(arguments).wait()
    #expect(output.status == 1, "\(output.out)\(output.err)")
    return output.err
  }

  // MARK: runs

  @Test(arguments: [
    ["scheme": "full"], ["scheme": "lora", "dtype": "bfloat16"], ["optimizer": "zo-adam", "scheme": "prefix"],
    ["optimizer": "fo-sgd", "scheme": "lora"], MethodLawTests.hybrid(of: "zo-adam", and: "fo-adamw"),
    ["masking": "random-mask", "partition": "blockwise"],
  ])
  func aRunIsMadeAgain(_ changes: [String: String]) throws {
    let place = try Workplace(), bundle = try pack(place, finish(place, "run", changes).url)
    try FileManager.default.removeItem(at: place("run"))
    let report = try Program.succeed("bundle", "run", bundle, "--json").object()
    let items = try #require(report["items"] as? [[String: Any]])
    #expect(report["predictions"] as? Int == 8 && (report["otherPredictions"] as? [Int])?.isEmpty == true)
    #expect(items.count == 4 && items.allSatisfy { $0["stored"] as? String == $0["found"] as? String })
    #expect(try Program.succeed("bundle", "run", bundle).out.contains("exactly the bundle's result"))
  }

  @Test func theBaseIsFoundByItsHash() throws {
    let place = try Workplace(), model = try place.modelCopy("here/stories")
    let bundle = try pack(place, finish(place, "run", ["model": model.path]).url)
    try FileManager.default.createDirectory(at: place("there"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(at: model, to: place("there/renamed"))
    let hash = try #require(BundleReader(file: URL(filePath: bundle)).manifest.requirements.first).sha256
    expect(try refusal("bundle", "run", bundle), mentions: "stories", hash.hex, "--base", "--models")
    _ = try Program.succeed("bundle", "run", bundle, "--models", place("there").path)
    _ = try Program.succeed("bundle", "run", bundle, "--base", place("there/renamed").path)
    let weights = place("there/renamed/model.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: weights)
    expect(
      try refusal("bundle", "run", bundle, "--base", place("there/renamed").path), mentions: "base model's SHA-256")
    expect(try refusal("bundle", "run", bundle, "--models", place("there").path), mentions: hash.hex)
  }

  @Test(arguments: [false, true]) func aWholeRunNeedsNothingElse(isModelPacked: Bool) throws {
    let place = try Workplace(), data = place("sentences.zip")
    let model =
      try isModelPacked ? URL(filePath: pack(place, Project.stories, to: "stories.zb")) : place.modelCopy()
    try FileManager.default.copyItem(at: Project.sentiment, to: data)
    let run = try finish(place, "run", ["model": model.path, "data": data.path])
    let bundle = try pack(place, run.url, "--with", "base", "--with", "data")
    for file in [model, data, run.url] { try FileManager.default.removeItem(at: file) }
    _ = try Program.succeed("bundle", "run", bundle, "--out", place("again").path)
    let base = isModelPacked ? "again/base/stories.zb" : "again/base/model.safetensors"
    #expect(FileManager.default.fileExists(atPath: place(base).path))
  }

  @Test func onlyWhatTheRunWasMadeWithIsPacked() throws {
    let place = try Workplace(), data = place("data")
    try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    for part in ["train.tsv", "dev.tsv"] {
      _ = try Program.succeed(
        "archive", "extract", Project.sentiment.path, "SST-2/\(part)", "--out", data.appending(path: part).path)
    }
    let first = try finish(place, "first", ["scheme": "lora"])
    let run = try finish(place, "run", ["data": data.path, "scheme": "lora", "adapter": first.best.path])
    let out = place("x.zb").path
    let train = data.appending(path: "train.tsv"), text = try String(contentsOf: train, encoding: .utf8)
    try Data((text + "another one\t1\n").utf8).write(to: train)
    expect(
      try refusal("bundle", "create", run.url.path, "--with", "data", "--out", out), mentions: "train.tsv",
      "put it back")
    _ = try pack(place, run.url)
    let adapter = first.best.appending(path: "adapter_model.safetensors")
    var bytes = try Data(contentsOf: adapter)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: adapter)
    expect(try refusal("bundle", "create", run.url.path, "--out", out), mentions: "not the adapter", "put it back")
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  /// A result that the run did not have is told from the one that it has.
  @Test func anotherResultIsNoticed() throws {
    let place = try Workplace(), run = try finish(place)
    var result = try JSONDecoder().decode(RunResult.self, from: Data(contentsOf: run.result))
    result.testScores[3] += 1
    result.finalParameters = String(repeating: "0", count: 64)
    try JSONEncoder().encode(result).write(to: run.result)
    let output = try Program.run("bundle", "run", pack(place, run.url))
    #expect(output.status == 1)
    expect(output.out, mentions: "OTHER", "parameters after 6 steps", "1 of 8 answers are others: examples 3")
  }

  @Test func aResultThatNoRunHasIsRefused() throws {
    for forge in [{ (result: inout RunResult) in result.bestStep = -1 }, { $0.bestStep = 7 }, { $0.testScores = [] }] {
      let place = try Workplace(), run = try finish(place)
      var result = try JSONDecoder().decode(RunResult.self, from: Data(contentsOf: run.result))
      forge(&result)
      try JSONEncoder().encode(result).write(to: run.result)
      expect(try refusal("bundle", "run", pack(place, run.url)), mentions: "its result.json is not of its ledger's run")
    }
  }

  @Test func whatIsNoFinishedRunIsRefused() throws {
    let place = try Workplace(), session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 3 }
    expect(
      try refusal("bundle", "create", place("run").path, "--out", place("x.zb").path), mentions: "no result yet",
      "--resume")
    expect(
      try refusal("bundle", "create", place("nowhere").path, "--out", place("x.zb").path), mentions: "recipe.yaml",
      "adapter_config.json", "config.json")
    let model = try pack(place, Project.stories, to: "model.zb")
    expect(try refusal("bundle", "run", model), mentions: "kind model", "only a run")
    #expect(!FileManager.default.fileExists(atPath: place("x.zb").path))
  }

  /// Where files lay on the machine that packed it is told only where the run's own files tell it.
  @Test func theManifestNamesNoPlaces() throws {
    let place = try Workplace()
    let bundle = try pack(place, finish(place, "run", ["data": Project.sentiment.path]).url)
    let manifest = try Program.succeed("bundle", "inspect", bundle, "--json").out
    #expect(!manifest.contains(place.url.path) && !manifest.contains(Project.root.path))
    expect(manifest, mentions: "\"sst2\"", "stories260K", "zo-sgd.epsilon")
    let shown = try Program.succeed("bundle", "inspect", bundle).out
    expect(shown, mentions: "stories260K on sst2: full, zo-sgd", "to be found", "test_after", "ledger.zl")
  }

  // MARK: models, adapters, data

  @Test func aModelAndAnAdapterAreReadFromBundles() throws {
    let place = try Workplace(), run = try finish(place, "run", ["scheme": "lora", "learning_rate": "0.5"])
    let model = try pack(place, Project.stories, to: "model.zb")
    let adapter = try pack(place, run.best, to: "adapter.zb")
    func story(_ arguments: String...) throws -> String {
      let output = try Program.Running(["generate", "--max-tokens", "8"] + arguments + ["Once upon a time"]).wait()
      #expect(output.status == 0, "\(output.err)")
      return output.out
    }
    let plain = try story("--model", Project.stories.path)
    #expect(try story("--model", model) == plain)
    #expect(
      try story("--model", model, "--adapter", adapter)
        == story("--model", Project.stories.path, "--adapter", run.best.path))
    expect(try refusal("generate", "--model", adapter, "x"), mentions: "kind adapter", "kind model is needed")
  }

  @Test func dataAreReadFromABundle() throws {
    let place = try Workplace(), data = place("data.zb").path
    _ = try Program.succeed(
      "data", "pack", Project.sentiment.path, "--source", "https://example.org", "--licence", "CC0-1.0", "--out", data)
    let manifest = try BundleReader(file: URL(filePath: data)).manifest
    #expect(manifest.licence == "CC0-1.0" && manifest.source == "https://example.org" && manifest.kind == .data)
    let packed = try finish(place, "packed", ["data": data]),
      plain = try finish(place, "plain", ["data": Project.sentiment.path])
    #expect(try LedgerReader(packed.ledger).header.data == LedgerReader(plain.ledger).header.data)
    #expect(
      try Data(contentsOf: packed.best.appending(path: "model.safetensors"))
        == Data(contentsOf: plain.best.appending(path: "model.safetensors")))
  }

  // MARK: the file

  @Test func aSignatureHoldsForItsBundleAlone() throws {
    let place = try Workplace(), bundle = try pack(place, Project.stories, to: "model.zb")
    let key = place("me.key").path
    _ = try Program.succeed("bundle", "keygen", "--out", key)
    _ = try Program.succeed("bundle", "keygen", "--out", key + "2")
    expect(try refusal("bundle", "keygen", "--out", key), mentions: key)
    // A private key without its public one would be of no use.
    try FileManager.default.moveItem(atPath: key + "2", toPath: key + "3")
    expect(try refusal("bundle", "keygen", "--out", key + "2"), mentions: key + "2.pub")
    #expect(!FileManager.default.fileExists(atPath: key + "2"))
    _ = try Program.succeed("bundle", "sign", bundle, "--key", key)
    _ = try Program.succeed("bundle", "verify", bundle, "--key", key + ".pub")
    _ = try refusal("bundle", "verify", bundle, "--key", key + "2.pub")
    let other = try pack(place, Project.stories, "--title", "other", to: "other.zb")
    _ = try refusal("bundle", "verify", other, "--key", key + ".pub", "--signature", bundle + ".sig")
    let difference = try Program.run("bundle", "diff", bundle, other)
    #expect(difference.status == 1 && difference.out == "manifest title: stories260K -> other\n")
    #expect(try Program.run("bundle", "diff", bundle, bundle).status == 0)
  }

  @Test func whatIsDamagedIsNotUnpacked() throws {
    let place = try Workplace(), bundle = try pack(place, Project.stories, to: "model.zb")
    var bytes = try Data(contentsOf: URL(filePath: bundle))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: place("damaged.zb"))
    _ = try refusal("bundle", "verify", place("damaged.zb").path)
    _ = try refusal("bundle", "extract", place("damaged.zb").path, "--out", place("out").path)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.url.path).sorted() == ["damaged.zb", "model.zb"])
    expect(try refusal("bundle", "verify", bundle, "--max-size", "1000"), mentions: "1000", "limit: size")
  }

  @Test func aStoreIsShared() throws {
    let place = try Workplace(), bundle = try pack(place, Project.stories, to: "model.zb")
    for name in ["one", "two"] {
      let out = try Program.succeed(
        "bundle", "extract", bundle, "--out", place(name).path, "--store", place("store").path
      ).out
      #expect(out.contains("; 0 KiB unpacked") == (name == "two"), "\(out)")
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: Project.stories.path) {
      #expect(
        try Data(contentsOf: place("two/\(name)")) == Data(contentsOf: Project.stories.appending(path: name)))
    }
  }
}
