import Bundles
import Foundation
import Testing

@testable import Training

/// Runs that begin with an adapter, instead of fresh numbers.
@Suite(.workplace) struct AdapterRunTests {
  /// Nothing chooses a best step, so that the best parameters are the last step's on every machine.
  private static let lora = ["scheme": "lora", "learning_rate": "0.5", "dev_examples": "0"]

  private func finish(_ place: Workplace, _ name: String, _ changes: [String: String]) throws -> RunFolder {
    let session = Session(folder: RunFolder(place(name)), changes: changes)
    _ = try session.finish()
    return session.folder
  }

  /// Where one run ended the next begins, whether by the folder or by a bundle of it.
  @Test func itBeginsWithTheAdaptersNumbers() throws {
    let place = try Workplace(), first = try finish(place, "first", Self.lora)
    let bundle = place("adapter.zb")
    _ = try BundleContents(of: first.best).write(to: bundle)
    let cache = BundleCache(folder: place("cache"))
    let ended = Session(folder: first, changes: Self.lora)
    let experiment = try ended.experiment()
    try experiment.load(from: first.best)
    let fresh = try ended.experiment().fingerprint
    #expect(experiment.fingerprint != fresh)
    let changes = Self.lora.merging(["adapter": first.best.path]) { $1 }
    #expect(try Session(folder: first, changes: changes).experiment().fingerprint == experiment.fingerprint)
    #expect(try AdapterFolder(bundle, cache: cache).contentHash == AdapterFolder(first.best).contentHash)
  }

  @Test func itIsResumedReplayedAndMadeAgain() throws {
    let place = try Workplace(), first = try finish(place, "first", Self.lora)
    let changes = Self.lora.merging(["adapter": first.best.path, "seed": "7", "learning_rate": "0.1"]) { $1 }
    let unbroken = try finish(place, "unbroken", changes)
    let result = try #require(unbroken.storedResult(of: RunFolder.storedRecipe(in: unbroken), steps: 6))
    // What it is measured against is where it began.
    let before = try #require(first.storedResult(of: RunFolder.storedRecipe(in: first), steps: 6)).testAfter
    #expect(result.testBefore == before)
    let broken = Session(folder: RunFolder(place("broken")), changes: changes)
    _ = try broken.run { $0.steps == 3 }
    #expect(try broken.finish(resume: true).finalParameters == result.finalParameters)
    let rebuilt = try Program.succeed("replay", unbroken.ledger.path, "--out", place("rebuilt").path).out
    #expect(rebuilt.contains(result.finalParameters))
    let bundle = place("run.zb").path
    _ = try Program.succeed("bundle", "create", unbroken.url.path, "--out", bundle)
    for folder in [first, unbroken] { try FileManager.default.removeItem(at: folder.url) }
    expect(message { _ = try broken.run(resume: true) }, mentions: "adapter_config.json")
    #expect(try Program.succeed("bundle", "run", bundle).out.contains("exactly the bundle's result"))
  }

  @Test func anAdapterOfOtherSettingsIsRefused() throws {
    let place = try Workplace(), first = try finish(place, "first", Self.lora)
    func refusal(_ changes: [String: String]) -> String? {
      let changes = Self.lora.merging(["adapter": first.best.path]) { $1 }.merging(changes) { $1 }
      return message { _ = try Session(folder: first, changes: changes).experiment() }
    }
    #expect(refusal([:]) == nil)
    expect(refusal(["lora.rank": "4"]), mentions: first.best.path, "r is 8 there and 4 in the recipe", "scheme lora")
    expect(refusal(["lora.alpha": "3"]), mentions: "lora_alpha", "3")
    expect(refusal(["scheme": "prefix"]), mentions: "of scheme lora", "prefix")
    expect(refusal(["adapter": place("nowhere").path]), mentions: "nowhere/adapter_config.json")
  }

  /// Which files the examples came from stands in the ledger and in the bundle's manifest.
  @Test func dataFilesAreNamedByTheirHashes() throws {
    let place = try Workplace(), run = try finish(place, "run", ["data": Project.sentiment.path])
    let files = try #require(LedgerReader(run.ledger).header.dataFiles)
    let archive = try ArchiveReader(file: Project.sentiment)
    #expect(files.count >= 2)
    for (path, hash) in files { #expect(try ContentHash(of: archive.read(member: path)) == hash, "\(path)") }
    let manifest = try BundleContents(of: run.url).manifest
    let named = manifest.requirements.filter { $0.role == .dataFile }.map { ($0.name, $0.sha256) }
    #expect(Dictionary(uniqueKeysWithValues: named) == files)
  }
}
