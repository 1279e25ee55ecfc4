/// A share of successes with its uncertainty.
public struct Proportion: Sendable, Codable, Equatable {
  public let successes: Int
  public let count: Int

  public init(successes: Int, count: Int) {
    precondition(successes >= 0 && successes <= count, "Proportion: \(successes) of \(count)")
    self.successes = successes
    self.count = count
  }

  /// Between 0 and 1; 0 of nothing.
  public var value: Double { count == 0 ? 0 : Double(successes) / Double(count) }

  /// Wilson's score interval (Wilson 1927) at `z` standard deviations; 95 % by default.
  public func interval(z: Double = 1.959964) -> (low: Double, high: Double) {
    guard count > 0 else { return (0, 1) }
    let n = Double(count), p = value, z2 = z * z
    let middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    let half = z / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot()
    return (max(0, middle - half), min(1, middle + half))
  }
}

/// The change of a share between two measurements on the same examples.
///
///     difference = (b − c) / n      variance = (b + c − (b − c)² / n) / n²
///
/// with b examples gained and c lost: the examples that stay as they were add nothing to the uncertainty.
/// (The normal interval of McNemar's paired proportions.)
public struct PairedDifference: Sendable, Codable, Equatable {
  public let gained: Int
  public let lost: Int
  public let count: Int

  public init(before: [Bool], after: [Bool]) {
    precondition(before.count == after.count, "PairedDifference: \(before.count) and \(after.count) outcomes")
    gained = zip(before, after).count { !$0 && $1 }
    lost = zip(before, after).count { $0 && !$1 }
    count = before.count
  }

  public var value: Double { count == 0 ? 0 : Double(gained - lost) / Double(count) }

  /// value ± z standard errors; 95 % by default.
  public func interval(z: Double = 1.959964) -> (low: Double, high: Double) {
    guard count > 0 else { return (-1, 1) }
    let n = Double(count), net = Double(gained - lost)
    let error = ((Double(gained + lost) - net * net / n) / (n * n)).squareRoot()
    return (value - z * error, value + z * error)
  }
}
