import Evaluation
import TensorCore
import Testing
import TuningCore

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    let state = try ToyModel.state(), move = Move([Term(0.5, Direction(seed: 5))])
    let requests = (0..<12).map { number in
      ScoringRequest(prompt: [Int32(number % 4)], continuations: [[1], [3], [0, 2]], gold: number % 3)
    }
    // README-BEGIN
    let oracle = EagerOracle(model: ToyModel(), state: state, objective: .classification)
    let before = try CandidateRanking.evaluate(requests, oracle: oracle)
    state.parameters.apply(move, threads: .available)
    let after = try CandidateRanking.evaluate(requests, oracle: oracle)
    if let before, let after {
      let accuracy = after.accuracy, gain = PairedDifference(before: before.outcomes, after: after.outcomes)
      print("accuracy \(accuracy.value), 95 % within \(accuracy.interval())")
      print("gain \(gain.value), 95 % within \(gain.interval())")
    }
    print("peak \(MemoryMeter().read()?.peak ?? 0) bytes")
    // README-END
    #expect(before?.predictions.count == 12 && before?.loss != after?.loss)
  }
}
