import Foundation

/// The mean of a few independent measurements, as of one method's runs under several seeds.
public struct SampleMean: Sendable, Codable, Equatable {
  public let count: Int
  public let value: Double
  /// Of the sample, with count − 1 degrees of freedom; nil of a single measurement.
  public let deviation: Double?

  /// nil of nothing, and where a value is no finite number.
  public init?(_ values: [Double]) {
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
    count = values.count
    let n = Double(values.count)
    // Divided first: sums of the greatest numbers overflow.
    let mean = values.reduce(0) { $0 + $1 / n }
    value = mean
    let deviation = values.count < 2 ? nil : values.reduce(0) { hypot($0, ($1 - mean) / (n - 1).squareRoot()) }
    guard mean.isFinite, deviation?.isFinite ?? true else { return nil }
    self.deviation = deviation
  }

  /// value ± t deviation / √count, with Student's t of count − 1 degrees of freedom: holds the mean of the distribution
  /// with the given probability where it is normal. nil of a single measurement.
  public func interval(probability: Double = 0.95) -> (low: Double, high: Double)? {
    guard let deviation else { return nil }
    let half =
      StudentT(degreesOfFreedom: count - 1).quantile(within: probability) * deviation / Double(count).squareRoot()
    return (value - half, value + half)
  }
}

/// Student's t distribution of a whole number of degrees of freedom.
public struct StudentT: Sendable, Equatable {
  public let degreesOfFreedom: Int

  public init(degreesOfFreedom: Int) {
    precondition(degreesOfFreedom > 0, "StudentT: \(degreesOfFreedom) degrees of freedom")
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// P(|T| ≤ t), by the finite series in θ = arctan(t / √ν) of Abramowitz and Stegun, 26.7.3 and 26.7.4.
  public func probability(within t: Double) -> Double {
    probability(angle: atan(t / Double(degreesOfFreedom).squareRoot()))
  }

  private func probability(angle: Double) -> Double {
    let (sine, cosine) = (sin(angle), cos(angle)), square = cosine * cosine
    let isOdd = degreesOfFreedom % 2 == 1
    var term = isOdd ? cosine : 1.0, sum = 0.0
    for k in stride(from: isOdd ? 3 : 2, through: degreesOfFreedom, by: 2) {
      sum += term
      term *= square * Double(k - 1) / Double(k)
      if term < sum * 1e-17 { break }
    }
    return isOdd ? (angle + sine * sum) * 2 / .pi : sine * sum
  }

  /// The t for which P(|T| ≤ t) is `probability`, between 0 and 1.
  public func quantile(within probability: Double) -> Double {
    precondition(probability > 0 && probability < 1, "StudentT: probability \(probability)")
    // The probability rises with the angle; halving ends where neighbours meet.
    var low = 0.0, high = Double.pi / 2
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return tan(middle) * Double(degreesOfFreedom).squareRoot() }
      if self.probability(angle: middle) < probability { low = middle } else { high = middle }
    }
  }
}
