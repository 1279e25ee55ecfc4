import Bundles
import Foundation
import TensorCore
import Testing
import Transformers
import TuningCore

@testable import Training

/// What can be done with a ledger besides replaying it.
@Suite(.workplace) struct LedgerCommandTests {
  private func finish(_ place: Workplace, _ name: String, _ changes: [String: String]) throws -> RunFolder {
    let session = Session(folder: RunFolder(place(name)), changes: changes)
    _ = try session.finish()
    return session.folder
  }

  /// The hash that a command which rebuilds weights prints.
  private func rebuilt(_ arguments: [String], to out: URL) throws -> String? {
    let output = try Program.Running(["ledger"] + arguments + ["--out", out.path, "--json"]).wait()
    #expect(output.status == 0, "\(output.err)")
    return try output.object()["parameters"] as? String
  }

  private func refusal(_ arguments: [String], to out: URL) throws -> String {
    let output = try Program.Running(["ledger"] + arguments + ["--out", out.path]).wait()
    #expect(output.status == 1 && !FileManager.default.fileExists(atPath: out.path))
    return output.err
  }

  @Test func showTellsHeaderAndRecords() throws {
    let place = try Workplace(), folder = try finish(place, "run", ["zo-sgd.queries": "2"])
    let shown = try Program.succeed("ledger", "show", folder.ledger.path, "--steps", "1-2", "--json").object()
    let entries = try #require(shown["entries"] as? [[String: Any]])
    #expect(shown["steps"] as? Int == 6 && entries.compactMap { $0["step"] as? Int } == [1, 1, 2, 2])
    let size = try Data(contentsOf: folder.ledger).count
    #expect(shown["bytes"] as? Int == size && entries.compactMap { $0["query"] as? Int } == [0, 1, 0, 1])
    let table = try Program.succeed("ledger", "show", folder.ledger.path, "--steps", "5")
    #expect(table.out.contains("full + zo-sgd") && table.out.contains("coefficient"))
  }

  @Test func diffTellsWhereRunsPart() throws {
    let place = try Workplace(), folder = try finish(place, "run", [:])
    let cut = place("cut.zl")
    try FileManager.default.copyItem(at: folder.ledger, to: cut)
    try Ledger.truncate(cut, afterStep: 4)
    #expect(try Program.run("ledger", "diff", folder.ledger.path, folder.ledger.path).status == 0)
    let shorter = try Program.run("ledger", "diff", folder.ledger.path, cut.path, "--json")
    #expect(try shorter.status == 1 && shorter.object()["sameSteps"] as? Int == 4)
    let other = try finish(place, "other", ["seed": "5"])
    let parted = try Program.run("ledger", "diff", folder.ledger.path, other.ledger.path)
    #expect(parted.status == 1 && parted.out.contains("the seed is 5 here and 0 in the ledger"))
  }

  /// Without its last steps a run is the run that stopped before them; without others it is neither.
  @Test(arguments: [["scheme": "full"], ["scheme": "lora", "dtype": "bfloat16"]])
  func stepsAreTakenBack(_ changes: [String: String]) throws {
    let place = try Workplace(), ledger = try finish(place, "run", changes).ledger.path
    let four = try rebuilt(["goto", ledger, "--step", "4"], to: place("four"))
    let whole = try rebuilt(["goto", ledger, "--step", "6"], to: place("six"))
    #expect(try rebuilt(["undo", ledger, "--steps", "4-5"], to: place("back")) == four)
    let without = try rebuilt(["undo", ledger, "--steps", "2"], to: place("without"))
    #expect(four != nil && without != nil && Set([four, whole, without]).count == 3)
  }

  @Test func stepsThatDependOnOneAnotherAreNot() throws {
    let place = try Workplace(), ledger = try finish(place, "run", ["optimizer": "zo-adam"]).ledger.path
    #expect(try refusal(["undo", ledger, "--steps", "2"], to: place("x")).contains("zo-adam keeps a state"))
    #expect(try refusal(["compose", ledger, ledger], to: place("y")).contains("do not depend on one another"))
    let moves = try finish(place, "moves", [:]).ledger.path
    #expect(try refusal(["undo", moves, "--steps", "2-6"], to: place("z")).contains("the ledger has 6 steps, not 7"))
  }

  /// θ + Δ₁ + Δ₂ is what each run alone adds, to rounding.
  @Test func runsAddUp() throws {
    let place = try Workplace(), changes = ["learning_rate": "1e-3"]
    let one = try finish(place, "one", changes).ledger.path
    let two = try finish(place, "two", changes.merging(["seed": "5"]) { $1 }).ledger.path
    _ = try rebuilt(["compose", one, two], to: place("both"))
    for (ledger, name) in [(one, "first"), (two, "second")] {
      _ = try rebuilt(["goto", ledger, "--step", "6"], to: place(name))
    }
    _ = try rebuilt(["goto", one, "--step", "0"], to: place("base"))
    let values = try ["base", "first", "second", "both"].map { name in
      try SmallModel.weights(place(name).appending(path: "model.safetensors"))
    }
    var worst = 0.0, moved = 0.0
    for i in values[0].indices {
      let sum = Double(values[1][i]) + Double(values[2][i]) - Double(values[0][i])
      worst = max(worst, abs(sum - Double(values[3][i])))
      moved = max(moved, abs(Double(values[3][i]) - Double(values[0][i])))
    }
    #expect(moved > 1e-4 && worst < 1e-3 * moved, "\(worst) of \(moved)")
  }

  @Test func runsThatDoNotAddUpAreRefused() throws {
    let place = try Workplace()
    let plain = try finish(place, "plain", [:]).ledger.path
    let decayed = try finish(place, "decayed", ["zo-sgd.weight_decay": "0.1"]).ledger.path
    #expect(try refusal(["compose", plain, decayed], to: place("a")).contains("decays the weights"))
    let lora = try finish(place, "lora", ["scheme": "lora"]).ledger.path
    #expect(try refusal(["compose", plain, lora], to: place("b")).contains("the scheme is not that of"))
    let seeded = try finish(place, "seeded", ["scheme": "lora", "seed": "5"]).ledger.path
    #expect(try refusal(["compose", lora, seeded], to: place("c")).contains("began at other values"))
  }

  /// The step that is found is good before and bad after, by evaluations of the weights there.
  @Test func bisectionFindsTheStep() throws {
    let place = try Workplace()
    let changes = [
      "learning_rate": "0.02", "steps": "12", "evaluate_every": "1", "dev_examples": "24", "data_seed": "2",
      "data": Project.sentiment.path,
    ]
    let folder = try finish(place, "run", changes)
    let scores = MetricsLog.read(folder.metrics).evaluations.map(\.devScore)
    try #require(scores.count == 13)
    let threshold = (scores[0] + scores[12]) / 2
    try #require(scores[12] < threshold, "\(scores)")
    let found = try Program.succeed("ledger", "bisect", folder.ledger.path, "--threshold", "\(threshold)", "--json")
      .object()
    let step = try #require(found["step"] as? Int)
    #expect(scores[step] < threshold && scores[step - 1] >= threshold)
    #expect(try #require(found["looks"] as? [[String: Any]]).count <= 6)
    let none = try Program.run("ledger", "bisect", folder.ledger.path, "--threshold", "0")
    #expect(none.status == 1 && none.err.contains("it did not fall"))
  }

  // MARK: exact gradients

  /// Of the best step and the last one, or of every second beside them.
  @Test func payloadsAreThoseThatWereAskedFor() throws {
    let place = try Workplace()
    let changes = [
      "optimizer": "fo-sgd", "scheme": "lora", "learning_rate": "3", "evaluate_every": "1", "dev_examples": "24",
      "data": Project.sentiment.path,
    ]
    let run = try finish(place, "run", changes), looks = MetricsLog.read(run.metrics).evaluations.dropFirst()
    let bests = looks.filter(\.isBest).map(\.step)
    try #require(bests.count > 1 && bests.last! < 6, "best after \(bests)")
    #expect(try LedgerReader(run.ledger).payloadSteps == [bests.last!, 6])
    #expect(try Program.succeed("ledger", "show", run.ledger.path).out.contains("after step \(bests.last!), 6"))
    let often = try finish(place, "often", changes.merging(["payload_every": "2"]) { $1 })
    #expect(try LedgerReader(often.ledger).payloadSteps == [2, 4, bests.last!, 6])
    #expect(try LedgerReader(finish(place, "zo", [:]).ledger).payloadSteps == nil)
  }

  /// At steps that have a payload the weights are the run's, by hash; elsewhere it is said where they are.
  @Test(arguments: [["optimizer": "fo-adamw", "scheme": "full"], MethodLawTests.hybrid(of: "zo-adam", and: "fo-sgd")])
  func gotoGoesWhereThereIsAPayload(_ changes: [String: String]) throws {
    let place = try Workplace(), changes = changes.merging(["payload_every": "3"]) { $1 }
    let stopped = Session(folder: RunFolder(place("stopped")), changes: changes), experiment = try stopped.experiment()
    _ = try stopped.run(on: experiment) { $0.steps == 3 }
    let atThree = TrainedParameters.hash(experiment.oracle.state.parameters).hex
    let folder = try finish(place, "run", changes), ledger = folder.ledger.path
    #expect(try rebuilt(["goto", ledger, "--step", "3"], to: place("three")) == atThree)
    expect(try refusal(["goto", ledger, "--step", "5"], to: place("five")), mentions: "after step 5", "of step", "3, ")
    expect(try refusal(["undo", ledger, "--steps", "2"], to: place("undo")), mentions: "exact gradients")
    expect(try refusal(["compose", ledger, ledger], to: place("two")), mentions: "exact gradients")
  }

  /// By docs/ledger-format.md, read without the program's own reader.
  @Test func aPayloadIsWhatItsFormatSays() throws {
    let place = try Workplace()
    let run = try finish(place, "run", ["optimizer": "fo-sgd", "scheme": "full", "dtype": "bfloat16"])
    let file = try SafetensorsFile(place("run/payload-6.safetensors")), ledger = try Data(contentsOf: run.ledger)
    var hash = Data()
    for entry in file.entries.sorted(by: { $0.name < $1.name }) {
      let tensor = try file.tensor(entry.name)
      hash += Data("\(entry.name) BF16 \(tensor.shape)\n".utf8) + Data(bytes: tensor.bytes, count: tensor.byteCount)
    }
    let end = 16 + ledger[12..<16].enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    let checksum = ledger[end..<end + 4].reversed().map { String(format: "%02x", $0) }.joined()
    #expect(
      file.metadata == [
        "format": "pt", "step": "6", "ledger": checksum, "sha256": ContentHash(of: hash).hex,
      ])
  }

  @Test func aPayloadOfElsewhereIsRefused() throws {
    let place = try Workplace(), changes = ["optimizer": "fo-sgd", "scheme": "lora", "payload_every": "2"]
    let run = try finish(place, "run", changes)
    let other = try finish(place, "other", changes.merging(["seed": "5"]) { $1 })
    let file = place("run/payload-2.safetensors"), whole = try Data(contentsOf: file)
    func refused(_ content: Data) throws -> String {
      try content.write(to: file)
      return try refusal(["goto", run.ledger.path, "--step", "2"], to: place("out"))
    }
    let of = { (folder: RunFolder, step: Int) in
      try Data(contentsOf: folder.url.appending(path: "payload-\(step).safetensors"))
    }
    expect(try refused(of(other, 2)), mentions: file.path, "step 2", "ledger")
    expect(try refused(of(run, 4)), mentions: file.path, "step 2", "ledger")
    var flipped = whole
    flipped[whole.count - 9] ^= 4
    expect(try refused(flipped), mentions: file.path, "hash", "damaged")
    expect(try refused(whole.dropLast(7)), mentions: file.path)
    try whole.write(to: file)
    #expect(try rebuilt(["goto", run.ledger.path, "--step", "2"], to: place("whole")) != nil)
  }

  @Test func bisectionGoesFromPayloadToPayload() throws {
    let place = try Workplace()
    let changes = [
      "optimizer": "fo-sgd", "scheme": "full", "learning_rate": "0.5", "steps": "12", "evaluate_every": "1",
      "payload_every": "3", "dev_examples": "24", "data_seed": "7", "data": Project.sentiment.path,
    ]
    let folder = try finish(place, "run", changes)
    let scores = MetricsLog.read(folder.metrics).evaluations.map(\.devScore)
    let threshold = (scores[0] + scores[12]) / 2
    try #require(scores[12] < threshold, "\(scores)")
    let found = try Program.succeed("ledger", "bisect", folder.ledger.path, "--threshold", "\(threshold)", "--json")
      .object()
    let step = try #require(found["step"] as? Int), good = try #require(found["lastGood"] as? Int)
    let places = try [0] + #require(LedgerReader(folder.ledger).payloadSteps)
    #expect(scores[step] < threshold && scores[good] >= threshold)
    #expect(places.firstIndex(of: step).map { $0 - 1 } == places.firstIndex(of: good))
  }
}

/// The weights of a saved model.
private enum SmallModel {
  static func weights(_ file: URL) throws -> [Float] {
    let tensors = try SafetensorsFile(file)
    return try tensors.entries.map(\.name).sorted().flatMap { try tensors.tensor($0).values }
  }
}
