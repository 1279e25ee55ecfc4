import Foundation
import Testing

@testable import Training

/// Which parameters a run recommends, and what it asks for that.
@Suite(.workplace) struct SelectionTests {
  /// The development set chooses; the held-out examples are looked at when nothing is left to choose.
  @Test func devChoosesAndTestIsLookedAtOnce() throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")), changes: ["learning_rate": "1e-3"])
    var looks: [String] = []
    let outcome = try session.run { witness in
      let look = "\(witness.evaluating) \(witness.steps)"
      if !witness.evaluating.isEmpty, looks.last != look { looks.append(look) }
      return false
    }
    #expect(looks == ["dev, before 0", "dev 2", "dev 4", "dev 6", "test, after 6", "test, before 6"])
    guard case .finished(let result) = outcome else {
      Issue.record("the run stopped")
      return
    }
    let evaluations = MetricsLog.read(session.folder.metrics).evaluations
    let best = evaluations.max {
      ($0.devScore, -($0.devLoss ?? 0), -$0.step) < ($1.devScore, -($1.devLoss ?? 0), -$1.step)
    }
    #expect(evaluations.map(\.step) == [0, 2, 4, 6])
    #expect(result.bestStep == best?.step && result.devBest == best?.devScore)
    // Other held-out examples choose nothing.
    let other = Session(
      folder: RunFolder(place("other")), changes: ["learning_rate": "1e-3", "test_examples": "3"])
    let otherwise = try other.finish()
    #expect(otherwise.testPredictions.count == 3 && otherwise.bestStep == result.bestStep)
    #expect(otherwise.finalParameters == result.finalParameters)
  }
}
