import Foundation
import Testing
import TuningCore

@Suite struct ObjectiveTests {
  /// Two examples: continuations of 1 and 2 tokens, gold the second; of 2 and 1, gold the first.
  private let logProbabilities: [Float] = [-1, -2, -0.5, -3, -1, -0.25]

  private func batch() throws -> PackedBatch {
    try PackedBatch([
      ScoringRequest(prompt: [1], continuations: [[2], [3, 4]], gold: 1),
      ScoringRequest(prompt: [1], continuations: [[2, 3], [4]], gold: 0),
    ])
  }

  @Test func languageModel() throws {
    // −(−2 − 0.5 − 3 − 1) over four gold tokens.
    #expect(Objective.languageModel.loss(logProbabilities, on: try batch()) == 1.625)
  }

  @Test func classification() throws {
    // Means: (−1, −1.25) and (−2, −0.25); −log softmax at the gold one.
    let first = log(exp(-1.0) + exp(-1.25)) + 1.25, second = log(exp(-2.0) + exp(-0.25)) + 2
    let loss = Objective.classification.loss(logProbabilities, on: try batch())
    #expect(abs(Double(loss) - (first + second) / 2) < 1e-7)
    #expect(Objective.scores(of: try batch().examples[0], logProbabilities) == [-1, -1.25])
    #expect(Objective.scores(of: try batch().examples[1], logProbabilities) == [-2, -0.25])
  }

  /// The first example is wrong: its other continuation, of one token, is likelier on average. A tie goes to the earlier.
  @Test func accuracy() throws {
    let batch = try batch(), tie: [Float] = [-1, -1, -1, -1, -1, -1]
    #expect(Objective.accuracy.loss([-1, -2, -0.5, -3, -1, -0.25], on: batch) == 1)
    #expect(Objective.accuracy.loss([-2, -2, -0.5, -3, -1, -2.5], on: batch) == 0)
    #expect(Objective.accuracy.loss(tie, on: batch) == 0.5)
    #expect(Objective.accuracy.loss([-1, -2, -0.5, -3, .nan, -0.25], on: batch).isNaN)
    #expect(Objective.accuracy.weight(of: batch) == 2 && Objective.accuracy.foreseenGradient(on: batch) == nil)
    #expect(Objective.allCases.filter { !$0.isDifferentiable } == [.accuracy])
  }

  @Test func anyOfSeveralGoldsIsAccurate() throws {
    let request = ScoringRequest(prompt: [1], continuations: [[2], [3], [4]], gold: 2, otherGolds: [0], number: 7)
    let batch = try PackedBatch([request])
    #expect(batch.examples.map(\.number) == [7])
    #expect(Objective.accuracy.loss([-1, -2, -3], on: batch) == 0)
    #expect(Objective.accuracy.loss([-2, -1, -3], on: batch) == 1)
    #expect(Objective.accuracy.loss([-2, -3, -1], on: batch) == 0)
  }

  /// Scores far apart and far from nought neither overflow nor vanish.
  @Test func extremes() throws {
    let batch = try PackedBatch([ScoringRequest(prompt: [1], continuations: [[2], [3]], gold: 0)])
    #expect(Objective.classification.loss([-2000, -1000], on: batch) == 1000)
    #expect(Objective.classification.loss([-1000, -2000], on: batch) == 0)
    #expect(Objective.classification.loss([.nan, -1], on: batch).isNaN)
    #expect(!Objective.classification.loss([-.infinity, -1], on: batch).isFinite)
    #expect(Objective.languageModel.loss([-.infinity, -1], on: batch) == .infinity)
  }

  @Test func names() {
    #expect(Objective(rawValue: "language-model") == .languageModel && Objective(rawValue: "x") == nil)
  }
}
