/// A mean over examples with its 95 % interval.
public struct Estimate: Sendable, Codable, Equatable {
  public var value: Double
  /// nil where there are too few examples to say, of scores that may be anything.
  public var low: Double?
  /// As `low`.
  public var high: Double?
  /// Examples.
  public var count: Int

  public init(value: Double, low: Double?, high: Double?, count: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.count = count
  }

  /// With Wilson's interval.
  public init(_ share: Proportion) {
    let interval = share.interval()
    self.init(value: share.value, low: interval.low, high: interval.high, count: share.count)
  }

  /// With the normal interval of paired proportions.
  public init(_ difference: PairedDifference) {
    let interval = difference.interval()
    self.init(value: difference.value, low: interval.low, high: interval.high, count: difference.count)
  }

  /// The mean of real scores with Student's interval, x̄ ± t s / √n with s² the sample's variance.
  ///
  /// Student's rather than a bootstrap's: it is the same on every machine without anything being drawn, agrees with the
  /// interval of shares where scores are shares, and at the hundreds of examples of an evaluation the bootstrap's does not
  /// differ from it.
  ///
  /// - Parameter bounds: between which scores lie, and so the mean.
  public init(meanOf scores: [Double], within bounds: ClosedRange<Double>? = nil) {
    let n = Double(scores.count)
    guard scores.count > 1 else {
      self.init(value: scores.first ?? 0, low: bounds?.lowerBound, high: bounds?.upperBound, count: scores.count)
      return
    }
    let mean = scores.reduce(0, +) / n
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    let half = StudentT(degreesOfFreedom: scores.count - 1).quantile(within: 0.95) * (variance / n).squareRoot()
    let low = mean - half, high = mean + half
    self.init(
      value: mean, low: bounds.map { max($0.lowerBound, low) } ?? low,
      high: bounds.map { min($0.upperBound, high) } ?? high, count: scores.count)
  }
}
