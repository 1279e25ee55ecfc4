import Evaluation
import Testing

@Suite struct ProportionTests {
  /// The score method's column of table I in Newcombe, "Two-sided confidence intervals for the single proportion",
  /// Statistics in Medicine 17, 1998.
  @Test(arguments: [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
  ])
  func intervalsAreWilsons(_ successes: Int, _ count: Int, _ low: Double, _ high: Double) {
    let interval = Proportion(successes: successes, count: count).interval()
    #expect(abs(interval.low - low) < 5e-5 && abs(interval.high - high) < 5e-5, "\(interval)")
    // Failures are successes seen from the other side.
    let mirror = Proportion(successes: count - successes, count: count).interval()
    #expect(abs(mirror.low - (1 - interval.high)) < 1e-12 && abs(mirror.high - (1 - interval.low)) < 1e-12)
  }

  /// The ends are where the observed share lies z standard errors away: (p̂ − p)² = z² p (1 − p) / n.
  @Test(arguments: [(3, 17), (500, 872), (871, 872)], [1, 1.959964, 3])
  func theEndsSolveTheScoreEquation(_ share: (successes: Int, count: Int), _ z: Double) {
    let proportion = Proportion(successes: share.successes, count: share.count)
    let (low, high) = proportion.interval(z: z)
    #expect(low < proportion.value && proportion.value < high)
    for p in [low, high] {
      let squaredDistance = (proportion.value - p) * (proportion.value - p)
      let squaredError: Double = p * (1 - p) / Double(share.count)
      #expect(abs(squaredDistance / (z * z * squaredError) - 1) < 1e-9)
    }
  }

  @Test func edges() {
    #expect(Proportion(successes: 3, count: 4).value == 0.75)
    #expect(Proportion(successes: 0, count: 9).interval().low == 0)
    #expect(Proportion(successes: 9, count: 9).interval().high == 1)
    let nothing = Proportion(successes: 0, count: 0)
    #expect(nothing.value == 0 && nothing.interval() == (0, 1))
  }
}

@Suite struct PairedDifferenceTests {
  private func outcomes(both: Int, lost: Int, gained: Int, neither: Int) -> PairedDifference {
    func repeated(_ values: [Bool]) -> [Bool] {
      zip(values, [both, lost, gained, neither]).flatMap { [Bool](repeating: $0, count: $1) }
    }
    return PairedDifference(
      before: repeated([true, true, false, false]), after: repeated([true, false, true, false]))
  }

  /// Approval of a prime minister in two surveys: Agresti, "Categorical Data Analysis", 2002, section 10.1.1.
  @Test func agrestisExample() {
    let difference = outcomes(both: 794, lost: 150, gained: 86, neither: 570)
    #expect(difference.gained == 86 && difference.lost == 150 && difference.count == 1600)
    #expect(abs(difference.value + 0.04) < 1e-12)
    let (low, high) = difference.interval()
    #expect(abs(low + 0.0587) < 5e-5 && abs(high + 0.0213) < 5e-5, "\(low) to \(high)")
  }

  /// b = 15, c = 5, n = 100: variance (20 − 100/100) / 100² = 0.0019.
  @Test func byHand() {
    let difference = outcomes(both: 50, lost: 5, gained: 15, neither: 30)
    let (low, high) = difference.interval(z: 2)
    #expect(abs(difference.value - 0.1) < 1e-12)
    let error = (high - low) / 4, middle = (low + high) / 2
    #expect(abs(error - 0.0019.squareRoot()) < 1e-12 && abs(middle - 0.1) < 1e-12)
    // Those that stay as they were tell nothing of it.
    #expect(outcomes(both: 80, lost: 5, gained: 15, neither: 0).interval(z: 2) == (low, high))
  }

  @Test func edges() {
    #expect(outcomes(both: 3, lost: 0, gained: 0, neither: 4).interval() == (0, 0))
    #expect(outcomes(both: 0, lost: 0, gained: 7, neither: 0).interval() == (1, 1))
    let nothing = PairedDifference(before: [], after: [])
    #expect(nothing.value == 0 && nothing.interval() == (-1, 1))
  }

  /// Of 4000 samples of 300 pairs, about 95 % of the intervals hold the true difference: 95 % ± 4.5 standard errors of
  /// that share, and half a percent for the normal approximation.
  @Test func coverage() {
    var dice = SplitMix64(state: 5), held = 0
    for _ in 0..<4000 {
      var gained = 0, lost = 0
      for _ in 0..<300 {
        let draw = Double(dice.next() >> 11) * 0x1p-53
        if draw < 0.15 { gained += 1 } else if draw < 0.25 { lost += 1 }
      }
      let (low, high) = outcomes(both: 300 - gained - lost, lost: lost, gained: gained, neither: 0).interval()
      if low <= 0.05, 0.05 <= high { held += 1 }
    }
    let share = Double(held) / 4000
    let standardError = (0.95 * 0.05 / 4000.0).squareRoot()
    #expect(abs(share - 0.95) < 4.5 * standardError + 0.005, "\(share)")
  }
}

/// Steele, Lea, Flood 2014.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
