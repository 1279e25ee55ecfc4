import Foundation
import TensorCore
import Testing
import Transformers
import TuningCore

@testable import Training

/// A run is its ledger: base model and ledger give the weights, bit for bit, without a forward pass.
///
/// That it does for every method and on every machine is the law of `ReplayLawTests`.
@Suite(.workplace) struct ReplayTests {
  private func replay(
    _ folder: RunFolder, base: URL? = nil, steps: Int? = nil, to out: URL
  ) throws -> Training.Replay.Report {
    try Replay(ledger: folder.ledger, base: base, components: Plugins.host().components, threads: Threads(1))
      .run(steps: steps, to: out) { _, _ in }
  }

  @Test(arguments: ["full", "lora"])
  func replayedToAStepIsThatStep(_ scheme: String) throws {
    let place = try Workplace(), changes = ["scheme": scheme]
    let session = Session(folder: RunFolder(place("run")), changes: changes)
    let experiment = try session.experiment()
    let base = TrainedParameters.hash(experiment.oracle.state.parameters).hex
    let result = try session.finish()
    let whole = try replay(session.folder, to: place("rebuilt"))
    #expect(whole.parameters == result.finalParameters && whole.steps == 6 && whole.parameters != base)
    // To a step: what the checkpoint of that step holds; to none: the model as it came.
    let stopped = Session(folder: RunFolder(place("stopped")), changes: changes)
    _ = try stopped.run { $0.steps == 3 }
    try TrainedParameters.load(
      stopped.folder.checkpoint(step: 3).appending(path: "parameters.safetensors"),
      into: experiment.oracle.state.parameters)
    let atThree = TrainedParameters.hash(experiment.oracle.state.parameters).hex
    #expect(try replay(session.folder, steps: 3, to: place("three")).parameters == atThree)
    #expect(atThree != result.finalParameters)
    #expect(try replay(session.folder, steps: 0, to: place("none")).parameters == base)
  }

  /// What is written is what the hash is of.
  @Test func theFolderHoldsTheWeights() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")), changes: ["scheme": "full", "learning_rate": "1e-3"])
    let result = try session.finish()
    _ = try replay(session.folder, to: place("rebuilt"))
    var state = try PretrainedModel.load(place("rebuilt")).state
    try Plugins.host().components.schemes.make("full").attach(
      to: &state, of: PretrainedModel.load(Project.stories).model, seeds: SeedSequence(runSeed: 0))
    #expect(TrainedParameters.hash(state.parameters).hex == result.finalParameters)
    #expect(FileManager.default.fileExists(atPath: place("rebuilt/tokenizer.json").path))
  }

  @Test func anotherBaseIsRefused() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 2 }
    let other = try place.modelCopy()
    // The same content elsewhere is the same base.
    #expect(throws: Never.self) { try replay(session.folder, base: other, to: place("same")) }
    let weights = other.appending(path: "model.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: weights)
    expect(
      message { _ = try replay(session.folder, base: other, to: place("out")) }, mentions: other.path, "--base",
      "the run began with")
    #expect(!FileManager.default.fileExists(atPath: place("out").path))
    let missing = message { _ = try replay(session.folder, base: place("gone"), to: place("out")) }
    expect(missing, mentions: place("gone").path)
  }

  /// A folder that is there is never replaced: it could be the model itself.
  @Test func nothingIsWrittenOver() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 2 }
    let precious = try place.write("mine", to: "precious/notes.txt")
    expect(
      message { _ = try replay(session.folder, to: place("precious")) }, mentions: place("precious").path,
      "is there already")
    #expect(try String(contentsOf: precious, encoding: .utf8) == "mine")
  }

  @Test func moreStepsThanThereAreAreRefused() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 2 }
    expect(message { _ = try replay(session.folder, steps: 7, to: place("out")) }, mentions: "2 steps", "7")
  }

  @Test func damagedLedgersAreNamed() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.finish()
    let ledger = session.folder.ledger, bytes = try Data(contentsOf: ledger)
    let garbage: [(Data, String)] = [
      (Data(), "no ledger"), (Data("garbage, and more of it than a header has".utf8), "no ledger"),
      (bytes.prefix(40), "cut short"), (Data(bytes[..<30] + [bytes[30] ^ 1] + bytes[31...]), "damaged"),
      (Data(bytes.dropLast(60) + [bytes[bytes.count - 60] ^ 1] + bytes.suffix(59)), "damaged"),
    ]
    for (content, words) in garbage {
      try content.write(to: ledger)
      expect(message { _ = try replay(session.folder, to: place("out")) }, mentions: ledger.path, words)
    }
    try FileManager.default.removeItem(at: ledger)
    expect(message { _ = try replay(session.folder, to: place("out")) }, mentions: ledger.path, "No such file")
  }
}
