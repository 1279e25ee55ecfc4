import Evaluation
import Foundation
import Testing

/// Held to SciPy and NumPy: References/statistics.
@Suite struct SampleMeanTests {
  private struct Goldens: Decodable {
    struct Mean: Decodable {
      var values: [Double]
      var mean: Double
      var deviation: Double?
      var low: Double?
      var high: Double?
    }

    /// Degrees of freedom, probability, t.
    var quantiles: [[Double]]
    /// Degrees of freedom, t, probability.
    var probabilities: [[Double]]
    var means: [Mean]
  }

  private func goldens() throws -> Goldens {
    let file = try #require(
      Bundle.module.url(forResource: "statistics", withExtension: "json", subdirectory: "Goldens"))
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
  }

  private func isNear(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    abs(a - b) <= tolerance * max(abs(a), abs(b))
  }

  @Test func quantilesAreThoseOfSciPy() throws {
    for entry in try goldens().quantiles {
      let quantile = StudentT(degreesOfFreedom: Int(entry[0])).quantile(within: entry[1])
      #expect(isNear(quantile, entry[2], 1e-9), "\(entry): \(quantile)")
    }
  }

  @Test func probabilitiesAreThoseOfSciPy() throws {
    for entry in try goldens().probabilities {
      let probability = StudentT(degreesOfFreedom: Int(entry[0])).probability(within: entry[1])
      #expect(isNear(probability, entry[2], 1e-11), "\(entry): \(probability)")
    }
  }

  @Test func meansAreThoseOfNumPy() throws {
    for golden in try goldens().means {
      let mean = try #require(SampleMean(golden.values))
      #expect(mean.count == golden.values.count && isNear(mean.value, golden.mean, 1e-14))
      #expect((mean.deviation == nil) == (golden.deviation == nil))
      guard let deviation = mean.deviation, let expected = golden.deviation else { continue }
      #expect(isNear(deviation, expected, 1e-12) || deviation < 1e-15 && expected < 1e-15)
      let interval = try #require(mean.interval()), (low, high) = try (#require(golden.low), #require(golden.high))
      // Of the interval's width: its ends may lie by 0.
      #expect(abs(interval.low - low) <= 1e-9 * max(abs(high - low), abs(low)))
      #expect(abs(interval.high - high) <= 1e-9 * max(abs(high - low), abs(high)))
    }
  }

  @Test func whatIsNoNumberHasNoMean() {
    for values in [[], [.nan], [1, .infinity], [.greatestFiniteMagnitude, -.greatestFiniteMagnitude]] as [[Double]] {
      #expect(SampleMean(values) == nil)
    }
    #expect(SampleMean([2])?.interval() == nil)
  }
}
