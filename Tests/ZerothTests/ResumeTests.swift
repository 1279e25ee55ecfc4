import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Training

/// A run that was stopped anywhere and went on is the run that never stopped, bit for bit.
@Suite(.workplace) struct ResumeTests {
  /// Where a signal comes, in terms of what the loop has told.
  enum Stop: String, CaseIterable, Sendable {
    case beforeAnything, duringFirstEvaluation, afterFirstEvaluation, betweenCheckpoints, atCheckpoint
    case duringEvaluation, afterLastStep, duringFinalTest, duringBaseTest

    func isReached(_ witness: Session.Witness) -> Bool {
      switch self {
      case .beforeAnything: true
      case .duringFirstEvaluation: witness.evaluating == "dev, before"
      case .afterFirstEvaluation: witness.evaluations == 1
      case .betweenCheckpoints: witness.steps == 3
      case .atCheckpoint: witness.steps == 4 && witness.evaluations == 3
      case .duringEvaluation: witness.steps == 2 && witness.evaluating == "dev"
      case .afterLastStep: witness.steps == 6
      case .duringFinalTest: witness.evaluating == "test, after"
      case .duringBaseTest: witness.evaluating == "test, before"
      }
    }
  }

  /// With rates at which a middle step is the best on dev, so that the best and the last parameters differ.
  static let methods = [
    ["scheme": "full", "learning_rate": "1e-3"], ["scheme": "lora", "learning_rate": "1e-2"],
    ["scheme": "lora", "optimizer": "fo-sgd", "learning_rate": "1"],
  ]

  @Test(arguments: Stop.allCases, methods)
  func stoppedAndResumedIsUnbroken(_ stop: Stop, changes: [String: String]) throws {
    let place = try Workplace()
    let unbroken = Session(folder: RunFolder(place("unbroken")), changes: changes)
    let expected = try Trace(unbroken.finish(), unbroken.folder)
    let broken = Session(folder: RunFolder(place("broken")), changes: changes)
    guard case .stopped = try broken.run(stop: stop.isReached) else {
      Issue.record("the run did not stop")
      return
    }
    #expect(!FileManager.default.fileExists(atPath: broken.folder.result.path))
    // Stopped once more at the same place: where nothing was done, nothing may be lost.
    _ = try broken.run(resume: true, stop: { _ in true })
    // And after an evaluation that no checkpoint followed.
    _ = try broken.run(resume: true, stop: { $0.evaluations == 1 })
    #expect(try Trace(broken.finish(resume: true), broken.folder) == expected)
  }

  /// Every step in a session of its own.
  @Test func stoppedAtEveryStepIsUnbroken() throws {
    let place = try Workplace()
    let unbroken = Session(folder: RunFolder(place("unbroken")))
    let expected = try Trace(unbroken.finish(), unbroken.folder)
    let broken = Session(folder: RunFolder(place("broken")))
    for step in 1...6 {
      guard case .stopped(let at) = try broken.run(resume: step > 1, stop: { $0.steps >= step }) else {
        Issue.record("the run did not stop")
        return
      }
      #expect(at == step)
    }
    #expect(try Trace(broken.finish(resume: true), broken.folder) == expected)
  }

  @Test func aFinishedRunGivesItsResultAgain() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    let result = try session.finish()
    let written = try Data(contentsOf: session.folder.result)
    #expect(try session.finish(resume: true) == result)
    #expect(try Data(contentsOf: session.folder.result) == written)
    // Without its checkpoint too: nothing is done again.
    let ledger = try Data(contentsOf: session.folder.ledger), log = try Data(contentsOf: session.folder.metrics)
    session.folder.removeCheckpoints()
    #expect(try session.finish(resume: true) == result && session.folder.checkpointSteps() == [])
    #expect(try Data(contentsOf: session.folder.ledger) == ledger && Data(contentsOf: session.folder.metrics) == log)
  }

  /// Steps of the ledger and lines of the log after the last checkpoint are done again.
  @Test func whatFollowsTheCheckpointIsDoneAgain() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 3 }
    let folder = session.folder
    let ledger = try Data(contentsOf: folder.ledger), metrics = try Data(contentsOf: folder.metrics)
    let expected = try Trace(session.finish(resume: true), folder)
    // As a kill in the middle of step 5 leaves it: the checkpoint of step 3, more behind it, torn ends.
    let whole = try Data(contentsOf: folder.ledger), lines = try Data(contentsOf: folder.metrics)
    try FileManager.default.removeItem(at: folder.result)
    try FileManager.default.removeItem(at: folder.checkpoint(step: 6))
    let again = Session(folder: RunFolder(place("again")))
    _ = try again.run { $0.steps == 3 }
    try (whole.dropLast(3)).write(to: again.folder.ledger)
    try (lines.dropLast(11)).write(to: again.folder.metrics)
    #expect(whole.count > ledger.count && lines.count > metrics.count)
    #expect(try Trace(again.finish(resume: true), again.folder) == expected)
  }

  /// A checkpoint stays until a finite loss was seen at the next one.
  @Test func theCheckpointBeforeStaysUntilTheNextIsProven() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    var atSteps: [Int: [Int]] = [:]
    _ = try session.run { witness in
      atSteps[witness.steps] = session.folder.checkpointSteps()
      return false
    }
    #expect(atSteps[2] == [2] || atSteps[2] == [])
    #expect(atSteps[3] == [2])
    #expect(atSteps[5] == [4])
    #expect(session.folder.checkpointSteps() == [6])
  }

  /// What a kill left half-written, or between a new best and the one before it, or before earlier checkpoints were gone;
  /// files that are not the run's stay.
  @Test func whatAKillLeftIsTakenAway() throws {
    let place = try Workplace(), files = FileManager.default
    let unbroken = Session(folder: RunFolder(place("unbroken")))
    let expected = try Trace(unbroken.finish(), unbroken.folder)
    let names = try Set(files.contentsOfDirectory(atPath: unbroken.folder.url.path)).union([".mine.partial", ".old"])
    let broken = Session(folder: RunFolder(place("broken")))
    _ = try broken.run { $0.steps == 4 && $0.evaluations == 3 }
    try files.moveItem(at: broken.folder.best, to: place("broken/.best.old"))
    for file in [
      ".best.partial/model.safetensors", ".checkpoint-6.partial/x", ".ledger.zl.1x9.partial", ".mine.partial", ".old",
    ] {
      try place.write("half", to: "broken/" + file)
    }
    _ = try broken.run(resume: true, stop: { _ in true })
    #expect(files.fileExists(atPath: broken.folder.best.path))
    #expect(try Trace(broken.finish(resume: true), broken.folder) == expected)
    #expect(try Set(files.contentsOfDirectory(atPath: broken.folder.url.path)) == names)
    // After the result.
    for file in ["checkpoint-4/progress.json", ".best.old/model.safetensors", ".metrics.jsonl.7.partial"] {
      try place.write("{}", to: "broken/" + file)
    }
    #expect(try Trace(broken.finish(resume: true), broken.folder) == expected)
    #expect(try Set(files.contentsOfDirectory(atPath: broken.folder.url.path)) == names)
  }

  /// A process that is killed without warning.
  @Test(arguments: [2, 5, 8])
  func killedAndResumedIsUnbroken(lines: Int) throws {
    let place = try Workplace()
    let changes = ["steps": "12", "checkpoint_every": "3"]
    let unbroken = Session(folder: RunFolder(place("unbroken")), changes: changes)
    let expected = try Trace(unbroken.finish(), unbroken.folder)
    let recipe = try place.write(TinyRecipe.yaml(changes.merging(["output": place("run").path]) { $1 }), to: "run.yaml")
    let folder = RunFolder(place("run"))
    let running = try Program.Running(["train", recipe.path])
    try running.signal(SIGKILL, whenLinesOf: folder.metrics, reach: lines)
    #expect(try running.wait().status == -SIGKILL)
    let output = try Program.succeed("train", "--resume", folder.url.path, "--json")
    let result = try JSONDecoder().decode(RunResult.self, from: Data(output.out.utf8))
    var trace = try Trace(result, folder), reference = expected
    // The ledgers' headers name other plugins and another output.
    #expect(try LedgerReader(folder.ledger).updates == LedgerReader(unbroken.folder.ledger).updates)
    (trace.ledger, reference.ledger) = (Data(), Data())
    #expect(trace == reference)
  }

  @Test func anEditedRecipeIsRefused() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 3 }
    let stored = try String(contentsOf: session.folder.recipe, encoding: .utf8)
    try stored.replacingOccurrences(of: "steps: 6", with: "steps: 60").write(
      to: session.folder.recipe, atomically: true, encoding: .utf8)
    let output = try Program.run("train", "--resume", session.folder.url.path)
    #expect(output.status == 1)
    expect(output.err, mentions: "recipe.yaml was changed", "steps: 60", "put it back")
    // Threads change no result and may change.
    try stored.replacingOccurrences(of: "threads: 1", with: "threads: 2").write(
      to: session.folder.recipe, atomically: true, encoding: .utf8)
    _ = try Program.succeed("train", "--resume", session.folder.url.path)
  }

  @Test func anotherRecipeIsRefused() throws {
    let place = try Workplace()
    var session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 3 }
    session.changes["seed"] = "1"
    expect(message { try session.run(resume: true) }, mentions: "another recipe", session.folder.recipe.path)
  }

  /// What one optimizer keeps means nothing to another: neither by its recipe, nor by an edited one, nor by a
  /// checkpoint that was put there.
  @Test func anotherOptimizerIsRefused() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")), changes: ["optimizer": "zo-adam"])
    _ = try session.run { $0.steps == 3 }
    let other = Session(folder: session.folder, changes: ["optimizer": "zo-sgd-mmt"])
    let folder = session.folder.url.path
    expect(
      message { try other.run(resume: true) }, mentions: folder, "was trained by zo-adam", "optimizer is zo-sgd-mmt",
      "start a new run")
    let stored = try Data(contentsOf: session.folder.recipe)
    try Data(other.experiment().recipe.yaml.utf8).write(to: session.folder.recipe)
    expect(message { try other.run(resume: true) }, mentions: folder, "was trained by zo-adam")
    try stored.write(to: session.folder.recipe)
    let foreign = Session(folder: RunFolder(place("other")), changes: ["optimizer": "zo-sgd-mmt"])
    _ = try foreign.run { $0.steps == 3 }
    try FileManager.default.removeItem(at: session.folder.checkpoint(step: 3))
    try FileManager.default.copyItem(at: foreign.folder.checkpoint(step: 3), to: session.folder.checkpoint(step: 3))
    expect(message { try session.run(resume: true) }, mentions: folder, "was trained by zo-sgd-mmt")
  }

  @Test func aStateThatIsGoneIsNamed() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")), changes: ["optimizer": "zo-adam"])
    _ = try session.run { $0.steps == 3 }
    let state = session.folder.checkpoint(step: 3).appending(path: "optimizer.safetensors")
    let foreign = Session(
      folder: RunFolder(place("other")), changes: ["optimizer": "zo-sgd-mmt", "scheme": "lora"])
    _ = try foreign.run { $0.steps == 3 }
    try FileManager.default.removeItem(at: state)
    expect(message { try session.run(resume: true) }, mentions: state.path)
    try FileManager.default.copyItem(
      at: foreign.folder.checkpoint(step: 3).appending(path: "optimizer.safetensors"), to: state)
    expect(message { try session.run(resume: true) }, mentions: state.path, "named 'exp_avg.", "another run")
  }

  /// A checkpoint goes on from its ledger.
  @Test func aLedgerThatIsGoneIsNamed() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 3 }
    try FileManager.default.removeItem(at: session.folder.ledger)
    expect(message { try session.run(resume: true) }, mentions: session.folder.ledger.path, "start a new run")
  }

  @Test func anotherBaseModelIsRefused() throws {
    let place = try Workplace()
    let model = try place.modelCopy()
    let session = Session(folder: RunFolder(place("run")), changes: ["model": model.path])
    _ = try session.run { $0.steps == 3 }
    let weights = model.appending(path: "model.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: weights)
    expect(message { try session.run(resume: true) }, mentions: "base model's SHA-256", session.folder.url.path)
  }

  /// The same weights are another model by another config.json.
  @Test func anotherConfigurationIsRefused() throws {
    let place = try Workplace(), model = try place.modelCopy()
    let session = Session(folder: RunFolder(place("run")), changes: ["model": model.path])
    _ = try session.run { $0.steps == 3 }
    let file = model.appending(path: "config.json"), text = try String(contentsOf: file, encoding: .utf8)
    try Data(text.replacing("1e-05", with: "1e-02").utf8).write(to: file)
    expect(message { try session.run(resume: true) }, mentions: "config.json is another", session.folder.url.path)
    let replay = try Program.run("replay", session.folder.ledger.path, "--out", place("out").path)
    #expect(replay.status == 1)
    expect(replay.err, mentions: "its config.json is not the one", model.path)
    try Data(text.utf8).write(to: file)
    _ = try session.finish(resume: true)
  }

  /// Parameters that belong to other weights would answer something, and nothing of use.
  @Test func aFinishedRunIsAskedOnItsOwnBaseAlone() throws {
    let place = try Workplace(), model = try place.modelCopy()
    let session = Session(folder: RunFolder(place("run")), changes: ["model": model.path, "scheme": "lora"])
    _ = try session.finish()
    let run = session.folder.url.path
    _ = try Program.succeed("eval", run)
    _ = try Program.succeed("generate", "--run", run, "--max-tokens", "2", "Once")
    let weights = model.appending(path: "model.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: weights)
    let scored = try Program.run("eval", run), written = try Program.run("generate", "--run", run, "Once")
    #expect(scored.status == 1 && written.status == 1)
    expect(scored.err, mentions: "base model's SHA-256", run)
    expect(written.err, mentions: "its weights' hash", "the run began with", model.path)
  }

  @Test func runsAreNeverMixed() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 1 }
    expect(message { try session.run() }, mentions: "holds a run already", "--resume", session.folder.url.path)
    let empty = Session(folder: RunFolder(place("nothing")))
    expect(message { try empty.run(resume: true) }, mentions: "no run folder", empty.folder.url.path)
  }

  /// Two processes on one run: the second is told so.
  @Test func aRunThatIsGoingOnIsNotResumed() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    var refusal: String?
    _ = try session.run { witness in
      if witness.steps == 3, refusal == nil { refusal = message { try session.run(resume: true) } ?? "" }
      return false
    }
    expect(refusal, mentions: "another process is writing", session.folder.ledger.path)
  }

  @Test func aDamagedCheckpointIsNamed() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { $0.steps == 3 }
    let checkpoint = session.folder.checkpoint(step: 3)
    let weights = checkpoint.appending(path: "parameters.safetensors")
    let bytes = try Data(contentsOf: weights)
    try bytes.prefix(bytes.count / 2).write(to: weights)
    expect(message { try session.run(resume: true) }, mentions: weights.path)
    try Data("{}".utf8).write(to: checkpoint.appending(path: "progress.json"))
    expect(message { try session.run(resume: true) }, mentions: checkpoint.path, "remove that folder and resume")
    // Which does as it says: the run begins again.
    try FileManager.default.removeItem(at: checkpoint)
    let unbroken = Session(folder: RunFolder(place("unbroken")))
    #expect(
      try Trace(session.finish(resume: true), session.folder) == Trace(unbroken.finish(), unbroken.folder))
  }

  /// What a kill between the recipe and the ledger leaves.
  @Test func aRunWithoutALedgerBeginsAgain() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")))
    _ = try session.run { _ in true }
    try FileManager.default.removeItem(at: session.folder.ledger)
    let unbroken = Session(folder: RunFolder(place("unbroken")))
    #expect(
      try Trace(session.finish(resume: true), session.folder) == Trace(unbroken.finish(), unbroken.folder))
  }
}
