import Evaluation
import Foundation
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

  /// The README shows the lines above, word for word.
  @Test func readmeShowsTheExample() throws {
    let here = URL(filePath: #filePath)
    let readme = here.deletingLastPathComponent().appending(path: "../../README.md").standardized
    let shown = try #require(String(contentsOf: readme, encoding: .utf8).firstMatch(of: /```swift\n((?s).*?)```/)?.1)
    let source = try String(contentsOf: here, encoding: .utf8)
    let run = try #require(source.firstMatch(of: /README-BEGIN\n((?s).*?) *\/\/ README-END/)?.1)
    func lines(_ text: Substring) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }
    #expect(lines(shown) == lines(run))
  }
}
