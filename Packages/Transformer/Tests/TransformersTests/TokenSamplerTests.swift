import Testing

@testable import Transformers

@Suite struct TokenSamplerTests {
  private struct Case: Decodable {
    let logits: [Float]
    let temperature: Float
    let top_k: Int?
    let top_p: Float?
    let probabilities: [Double]
  }

  /// What temperature, top-k and top-p keep, and how probable it is, as `transformers`' warpers say.
  @Test func keepsWhatTheWarpersKeep() throws {
    for example in try Goldens.json([Case].self, "sampling.json") {
      let sampler = try TokenSampler(temperature: example.temperature, topK: example.top_k, topP: example.top_p)
      let candidates = example.logits.withUnsafeBufferPointer { sampler.candidates($0) }
      let total = candidates.reduce(0) { $0 + $1.weight }
      var found = [Double](repeating: 0, count: example.logits.count)
      for candidate in candidates { found[Int(candidate.token)] = candidate.weight / total }
      #expect(zip(found, example.probabilities).allSatisfy { abs($0 - $1) < 1e-5 && ($0 == 0) == ($1 == 0) })
    }
  }

  /// Frequencies of 20,000 draws against the probabilities, by χ²: 7 degrees of freedom, p = 1e-6 at 40.5.
  @Test func drawsFollowTheProbabilities() throws {
    let logits: [Float] = [0, 1, -1, 2, 0.5, -0.5, 1.5, 0.2]
    let sampler = try TokenSampler(temperature: 0.8, seed: 3)
    var counts = [Double](repeating: 0, count: 8)
    let draws = 20_000
    try logits.withUnsafeBufferPointer { logits in
      for position in 0..<draws { counts[Int(try sampler.token(from: logits, position: position))] += 1 }
      let candidates = sampler.candidates(logits)
      let total = candidates.reduce(0) { $0 + $1.weight }
      let statistic = candidates.reduce(0.0) { sum, candidate in
        let wanted = Double(draws) * candidate.weight / total, miss = counts[Int(candidate.token)] - wanted
        return sum + miss * miss / wanted
      }
      #expect(statistic < 40.5)
    }
  }

  @Test func greedyTakesTheFirstOfEqualOnes() throws {
    let token = try [Float](arrayLiteral: 1, 3, 3, -.infinity).withUnsafeBufferPointer {
      try TokenSampler.greedy.token(from: $0, position: 0)
    }
    #expect(token == 1)
  }

  @Test func equalLogitsAtTheKthPlaceAllStay() throws {
    let sampler = try TokenSampler(temperature: 1, topK: 2)
    let kept = [Float](arrayLiteral: 2, 1, 1, 0).withUnsafeBufferPointer { sampler.candidates($0) }
    #expect(kept.map(\.token) == [0, 1, 2])
  }

  @Test func badOptionsAndBadLogitsAreErrors() {
    #expect(failure { try TokenSampler(temperature: -1) }?.code == .invalidRequest)
    #expect(failure { try TokenSampler(temperature: .nan) }?.code == .invalidRequest)
    #expect(failure { try TokenSampler(topK: 0) }?.code == .invalidRequest)
    #expect(failure { try TokenSampler(topP: 0) }?.code == .invalidRequest)
    #expect(failure { try TokenSampler(topP: 1.1) }?.code == .invalidRequest)
    for logits: [Float] in [[1, .nan], [.nan, 1], [.infinity, 0], [-.infinity, -.infinity]] {
      let error = failure {
        try logits.withUnsafeBufferPointer { try TokenSampler.greedy.token(from: $0, position: 4) }
      }
      #expect(error?.code == .notFinite)
    }
  }
}
