import Foundation
import Testing

@testable import Evaluation

/// References/metrics/make_goldens.py.
struct MetricGoldens: Decodable {
  struct Answer: Decodable {
    var text: String
    var references: [String]
    var f1: Double
    var exactMatch: Double

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      text = try container.decode(String.self)
      references = try container.decode([String].self)
      f1 = try container.decode(Double.self)
      exactMatch = try container.decode(Double.self)
    }
  }

  struct Mean: Decodable {
    var scores: [Double]
    var low: Double
    var high: Double
  }

  var answers: [Answer]
  var means: [Mean]
  var quantiles: [[Double]]

  static func read() throws -> MetricGoldens {
    let file = try #require(Bundle.module.url(forResource: "Goldens/metrics", withExtension: "json"))
    return try JSONDecoder().decode(MetricGoldens.self, from: Data(contentsOf: file))
  }
}

@Suite struct AnswerMetricTests {
  @Test func areTheOfficialScripts() throws {
    let answers = try MetricGoldens.read().answers
    #expect(answers.count == 400)
    for answer in answers {
      let f1 = AnswerMetric.f1.score(answer.text, references: answer.references)
      let match = AnswerMetric.exactMatch.score(answer.text, references: answer.references)
      #expect(abs(f1 - answer.f1) < 2e-7, "\(answer.text.debugDescription) for \(answer.references): \(f1)")
      #expect(match == answer.exactMatch, "\(answer.text.debugDescription) for \(answer.references)")
    }
  }

  /// Words of the answer count as often as the reference has them.
  @Test func byHand() {
    // Two of three words, two of two: P = 2/3, R = 1.
    #expect(abs(AnswerMetric.f1.score("in Saint Bernadette", references: ["the Saint  bernadette!"]) - 0.8) < 1e-12)
    #expect(abs(AnswerMetric.f1.score("b b b", references: ["b"]) - 0.5) < 1e-12)
    #expect(AnswerMetric.f1.score("x", references: []) == 0 && AnswerMetric.exactMatch.score("x", references: []) == 0)
    #expect(AnswerMetric.exactMatch.score("saint bernadette", references: ["x", "A Saint Bernadette."]) == 1)
    #expect(AnswerMetric.exactMatch.score("bernadette saint", references: ["Saint Bernadette"]) == 0)
    #expect(AnswerMetric.f1.score("no answer", references: ["no answer", "x"]) == 1)
    #expect(AnswerMetric.f1.score("x", references: ["no answer", "x"]) == 0)
  }

  /// A long answer costs no more than its words.
  @Test func longAnswers() {
    let text = String(repeating: "the word, ", count: 50_000)
    #expect(AnswerMetric.f1.score(text, references: [text]) == 1)
  }

  @Test func names() {
    #expect(AnswerMetric.allCases.map(\.rawValue) == ["f1", "exact-match"])
  }
}

@Suite struct EstimateTests {
  @Test func intervalsAreStudents() throws {
    for mean in try MetricGoldens.read().means {
      let estimate = Estimate(meanOf: mean.scores), width = mean.high - mean.low
      let low = try #require(estimate.low), high = try #require(estimate.high)
      #expect(abs(low - mean.low) < 1e-9 * width && abs(high - mean.high) < 1e-9 * width, "\(estimate)")
      #expect(abs((low + high) / 2 - estimate.value) < 1e-9 && estimate.count == mean.scores.count)
    }
  }

  @Test func quantilesAreSciPys() throws {
    for pair in try MetricGoldens.read().quantiles {
      let quantile = StudentT(degreesOfFreedom: Int(pair[0])).quantile(within: 0.95)
      #expect(abs(quantile / pair[1] - 1) < 1e-9, "\(pair): \(quantile)")
    }
  }

  @Test func edges() {
    #expect(Estimate(meanOf: []) == Estimate(value: 0, low: nil, high: nil, count: 0))
    #expect(Estimate(meanOf: [3]) == Estimate(value: 3, low: nil, high: nil, count: 1))
    #expect(Estimate(meanOf: [0.5], within: 0...1) == Estimate(value: 0.5, low: 0, high: 1, count: 1))
    // What lies beyond the bounds is cut off.
    #expect(Estimate(meanOf: [0, 0.1], within: 0...1).low == 0 && Estimate(meanOf: [1, 0.9], within: 0...1).high == 1)
    #expect(Estimate(meanOf: [2, 2, 2]) == Estimate(value: 2, low: 2, high: 2, count: 3))
  }

  /// Real scores that happen to be right or wrong have the interval of a share, but for its small-sample corrections.
  @Test func agreesWithShares() throws {
    let before = (0..<900).map { $0 % 3 == 0 }, after = (0..<900).map { $0 % 3 == 0 || $0 % 7 == 0 }
    let difference = Estimate(PairedDifference(before: before, after: after))
    let scores = [before, after].map { $0.map { $0 ? 1.0 : 0 } }
    let mean = Estimate(meanOf: zip(scores[1], scores[0]).map { $0 - $1 })
    #expect(abs(mean.value - difference.value) < 1e-12)
    #expect(try abs(#require(mean.low) - #require(difference.low)) < 1e-4)
    let share = Estimate(Proportion(successes: scores[1].count { $0 == 1 }, count: 900))
    #expect(try abs(#require(Estimate(meanOf: scores[1]).high) - #require(share.high)) < 1e-3)
  }
}

@Suite struct ExampleScoresTests {
  private func scores(_ scale: ExampleScores.Scale, _ values: [Double]) -> ExampleScores {
    ExampleScores(scale: scale, scores: values, predictions: values.map { .text("\($0)") }, loss: nil)
  }

  /// Each scale has its own interval, of the mean and of the paired change.
  @Test func intervalsAreTheScales() {
    let before = [0.0, 1, 0, 0, 1], after = [1.0, 1, 0, 1, 0]
    #expect(scores(.share, after).mean == Estimate(Proportion(successes: 3, count: 5)))
    #expect(scores(.unit, after).mean == Estimate(meanOf: after, within: 0...1))
    #expect(scores(.real, after).mean == Estimate(meanOf: after))
    let outcomes = [before, after].map { $0.map { $0 == 1 } }
    #expect(
      scores(.share, after).change(from: scores(.share, before))
        == Estimate(PairedDifference(before: outcomes[0], after: outcomes[1])))
    let differences = [1.0, 0, 0, 1, -1]
    #expect(scores(.real, after).change(from: scores(.real, before)) == Estimate(meanOf: differences))
    #expect(scores(.unit, after).change(from: scores(.unit, before)) == Estimate(meanOf: differences, within: -1...1))
  }

  @Test func ofARanking() {
    let ranking = CandidateRanking(predictions: [0, 1, 1], golds: [[0], [0], [1]], loss: 0.5)
    let scores = ExampleScores(ranking)
    #expect(scores.scores == [1, 0, 1] && scores.mean == Estimate(ranking.accuracy) && scores.loss == 0.5)
    #expect(scores.predictions == [.candidate(0), .candidate(1), .candidate(1)])
  }

  @Test func predictionsAreNumbersAndTextsInJSON() throws {
    let predictions: [ExampleScores.Prediction] = [.candidate(3), .text("3"), .text("a\n\"b\""), .text("")]
    let data = try JSONEncoder().encode(predictions)
    #expect(String(decoding: data, as: UTF8.self) == #"[3,"3","a\n\"b\"",""]"#)
    #expect(try JSONDecoder().decode([ExampleScores.Prediction].self, from: data) == predictions)
  }
}
