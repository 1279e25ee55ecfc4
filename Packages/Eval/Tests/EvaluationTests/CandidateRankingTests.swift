import Evaluation
import Foundation
import TensorCore
import Testing
import TuningCore

@Suite struct CandidateRankingTests {
  /// Prompts of `length` tokens that end in each of the four, with candidates of one to three tokens.
  private func requests(_ count: Int, length: Int = 3) -> [ScoringRequest] {
    (0..<count).map { number in
      let last = Int32(number % 4)
      return ScoringRequest(
        prompt: (0..<length - 1).map { Int32(($0 + number) % 4) } + [last],
        continuations: [[Int32((number / 4) % 4)], [3, 1], [Int32((number + 2) % 4), 2, 3]], gold: number % 3)
    }
  }

  /// What the definition says of one request.
  private func expected(_ request: ScoringRequest) throws -> (prediction: Int, loss: Double) {
    let last = try #require(request.prompt.last)
    let scores = request.continuations.map { ToyModel.score($0, after: last) }
    let best = try #require(scores.max())
    return (scores.firstIndex(of: best) ?? 0, log(scores.reduce(0) { $0 + exp($1) }) - scores[request.gold])
  }

  @Test func isTheDefinition() throws {
    let requests = requests(20), expected = try requests.map(expected)
    let ranking = try #require(try CandidateRanking.evaluate(requests, oracle: ToyModel.oracle()))
    #expect(ranking.predictions == expected.map(\.prediction) && ranking.golds == requests.map(\.golds))
    #expect(Set(ranking.predictions).count > 1)
    #expect(ranking.outcomes == zip(expected, requests).map { $0.prediction == $1.gold })
    let right = zip(expected, requests).count { $0.prediction == $1.gold }
    #expect(ranking.accuracy == Proportion(successes: right, count: 20) && (1..<20).contains(right))
    let loss = expected.map(\.loss).reduce(0, +) / 20
    #expect(abs(ranking.loss - loss) < 1e-6)
  }

  /// Eight likely tokens are together less likely than one unlikely one, and each is more so.
  @Test func meansAreComparedNotSums() throws {
    let continuations: [[Int32]] = [[1], [2, 3, 2, 3, 2, 3, 2, 3]]
    let request = ScoringRequest(prompt: [3], continuations: continuations, gold: 1)
    let ranking = try #require(try CandidateRanking.evaluate([request], oracle: ToyModel.oracle()))
    let sums = continuations.map { ToyModel.score($0, after: 3) * Double($0.count) }
    #expect(ranking.predictions == [1] && sums[1] < sums[0])
  }

  @Test func theEarlierOneWinsATie() throws {
    let tied = [[2, 1], [3], [3], [3]] as [[Int32]]
    let requests = (0..<3).map { ScoringRequest(prompt: [2], continuations: tied, gold: $0 + 1) }
    let ranking = try #require(try CandidateRanking.evaluate(requests, oracle: ToyModel.oracle()))
    #expect(ranking.predictions == [1, 1, 1] && ranking.outcomes == [true, false, false])
  }

  @Test func anyOfSeveralGoldsIsRight() throws {
    let continuations = [[2, 1], [3], [2]] as [[Int32]]
    let golds = [[0], [0, 1], [2, 0, 1], [2, 0]]
    let requests = golds.map {
      ScoringRequest(prompt: [2], continuations: continuations, gold: $0[0], otherGolds: Array($0.dropFirst()))
    }
    let ranking = try #require(try CandidateRanking.evaluate(requests, oracle: ToyModel.oracle()))
    #expect(ranking.predictions == [1, 1, 1, 1] && ranking.golds == golds)
    #expect(ranking.outcomes == [false, true, true, false])
  }

  /// A candidate that is likely anyway loses what it is likely by: sums, less the sums without the input.
  @Test func calibratedScoresAreDifferencesOfSums() throws {
    let continuations: [[Int32]] = [[1], [2, 3], [0, 1, 3]]
    let requests = (0..<4).map { ScoringRequest(prompt: [Int32($0)], continuations: continuations, gold: 1) }
    let inputFree = (0..<4).map { ScoringRequest(prompt: [Int32(($0 + 2) % 4)], continuations: continuations, gold: 1) }
    let ranking = try #require(
      try CandidateRanking.evaluate(requests, calibratedBy: inputFree, oracle: ToyModel.oracle()))
    let expected = zip(requests, inputFree).map { request, free in
      let scores = continuations.map { candidate in
        Double(candidate.count)
          * (ToyModel.score(candidate, after: request.prompt[0]) - ToyModel.score(candidate, after: free.prompt[0]))
      }
      return scores.firstIndex(of: scores.max() ?? 0) ?? 0
    }
    let plain = try #require(try CandidateRanking.evaluate(requests, oracle: ToyModel.oracle()))
    #expect(ranking.predictions == expected && ranking.predictions != plain.predictions && ranking.loss == plain.loss)
  }

  /// Examples of 303 tokens go through the model two at a time, one of more than a batch alone, each once.
  @Test func batchesCoverEveryExampleOnce() throws {
    let requests = requests(5, length: 300) + requests(2, length: 900) + requests(1)
    let oracle = try ToyModel.oracle()
    var heard: [Int] = []
    let ranking = try #require(
      try CandidateRanking.evaluate(requests, oracle: oracle) { done in
        heard.append(done)
        return true
      })
    #expect(heard == [2, 4, 5, 6, 7, 8])
    // A continuation's last token is predicted and not read: 0 + 1 + 2 rows beside the prompt.
    #expect(oracle.tokenCount == 5 * 303 + 2 * 903 + 6)
    let alone = try requests.map { request in
      try #require(try CandidateRanking.evaluate([request], oracle: ToyModel.oracle()))
    }
    #expect(ranking.predictions == alone.flatMap(\.predictions) && ranking.golds == alone.flatMap(\.golds))
    let loss = alone.map(\.loss).reduce(0, +) / 8
    #expect(abs(ranking.loss - loss) < 1e-6)
  }

  @Test func progressCanEndIt() throws {
    let oracle = try ToyModel.oracle()
    var calls = 0
    let ranking = try CandidateRanking.evaluate(requests(6, length: 300), oracle: oracle) { done in
      calls += 1
      return done < 4
    }
    #expect(ranking == nil && calls == 2 && oracle.queryCount == 2)
  }

  @Test func aNaNNamesItsExample() throws {
    var requests = requests(6, length: 300)
    requests[4].prompt[299] = 4
    let error = #expect(throws: TuningError.self) {
      try CandidateRanking.evaluate(requests, oracle: ToyModel.oracle())
    }
    #expect(error?.code == .nonFiniteLoss && error?.message.hasPrefix("example 4:") == true)
  }

  @Test func theOraclesErrorPassesThrough() throws {
    let request = ScoringRequest(prompt: [1], continuations: [[7]])
    let error = #expect(throws: TuningError.self) {
      try CandidateRanking.evaluate([request], oracle: ToyModel.oracle())
    }
    #expect(error?.code == .invalidBatch && error?.message.contains("token id 7") == true)
  }

  @Test func nothingIsRankedOfNothing() throws {
    let ranking = try #require(try CandidateRanking.evaluate([], oracle: ToyModel.oracle()))
    #expect(ranking == CandidateRanking(predictions: [], golds: [], loss: 0) && ranking.accuracy.count == 0)
  }
}
