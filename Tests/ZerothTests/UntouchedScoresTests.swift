import Evaluation
import Foundation
import Testing

@testable import Training

/// Runs of a benchmark that begin at one model score it once.
@Suite(.workplace) struct UntouchedScoresTests {
  /// What a run found, and whether it looked at the untouched model itself.
  private func run(
    _ changes: [String: String], keeping untouched: UntouchedScores?, in folder: URL
  ) throws -> (result: RunResult, looked: Bool) {
    var looked = false
    let loop = try TrainingLoop(
      Session(folder: RunFolder(folder), changes: changes).experiment(), folder: RunFolder(folder), resume: false,
      plugins: [], untouched: untouched,
      observer: { if case .evaluating("test, before", _, _) = $0 { looked = true } }, shouldStop: { false })
    guard case .finished(let result) = try loop.run() else { throw TrainingError(.invalidInput, "the run stopped") }
    return (result, looked)
  }

  @Test func theModelIsScoredOnce() throws {
    let place = try Workplace(), kept = UntouchedScores(place("untouched"))
    let first = try run(["scheme": "lora"], keeping: kept, in: place("a"))
    #expect(first.looked)
    let other = ["scheme": "prefix", "optimizer": "fo-sgd", "seed": "3"]
    let second = try run(other, keeping: kept, in: place("b")), alone = try run(other, keeping: nil, in: place("c"))
    #expect(!second.looked && alone.looked)
    #expect(second.result.testBefore == alone.result.testBefore)
    #expect(second.result.testChange == alone.result.testChange)
    #expect(second.result.testScores == alone.result.testScores)
  }

  @Test func anotherQuestionIsAskedAnew() throws {
    let place = try Workplace(), kept = UntouchedScores(place("untouched"))
    _ = try run([:], keeping: kept, in: place("first"))
    let model = try place.modelCopy(), configuration = model.appending(path: "config.json")
    let text = try String(contentsOf: configuration, encoding: .utf8)
    #expect(text.contains("1e-05"))
    try Data(text.replacing("1e-05", with: "1e-02").utf8).write(to: configuration)
    let others: [[String: String]] = [
      ["template": "1"], ["data_seed": "7"], ["test_examples": "6"], ["dtype": "bfloat16"], ["max_length": "8"],
      ["calibration": "sfc"], ["model": model.path],
    ]
    for (number, changes) in others.enumerated() {
      #expect(try run(changes, keeping: kept, in: place("other-\(number)")).looked, "\(changes)")
    }
  }

  @Test func whatIsDamagedIsMadeAnew() throws {
    let place = try Workplace(), kept = UntouchedScores(place("untouched"))
    let first = try run([:], keeping: kept, in: place("a"))
    let file = try #require(FileManager.default.contentsOfDirectory(atPath: kept.folder.path).first)
    for damage in ["", "{", #"{"scale":"share","scores":[1],"predictions":[0]}"#] {
      try Data(damage.utf8).write(to: kept.folder.appending(path: file))
      let again = try run([:], keeping: kept, in: place(UUID().uuidString))
      #expect(again.looked && again.result.testBefore == first.result.testBefore)
    }
  }
}
