import Foundation

/// How far a benchmark is, for whoever waits for it.
public struct ProgressReport: Sendable, Equatable {
  /// Runs that are over, and all of them.
  public var concluded: Int
  public var cells: Int
  /// Steps of this session a second, over all runs under way.
  public var stepsPerSecond: Double
  /// By this session's speed; nil before anything is known.
  public var secondsLeft: Double?
  /// Under way: names with the steps that they have done.
  public var running: [CellRecord]
}

/// Measures a session of a benchmark.
struct BenchmarkProgress {
  private let start = ContinuousClock.now
  private var lastTold = ContinuousClock.now - .seconds(60)
  private let stepsAtStart: Int
  private let workAtStart: Double

  init(_ state: BenchmarkState) {
    stepsAtStart = Self.steps(of: state)
    workAtStart = Self.workLeft(of: state)
  }

  /// Once a second.
  var isDue: Bool { ContinuousClock.now - lastTold >= .seconds(1) }

  mutating func report(_ state: BenchmarkState, running: [CellRecord]) -> ProgressReport {
    lastTold = .now
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let left = Self.workLeft(of: state), done = workAtStart - left
    return ProgressReport(
      concluded: state.cells.count(where: \.isConcluded), cells: state.cells.count,
      stepsPerSecond: Double(Self.steps(of: state) - stepsAtStart) / max(seconds, 1e-3),
      secondsLeft: done > 0 ? left * seconds / done : nil, running: running)
  }

  private static func steps(of state: BenchmarkState) -> Int { state.cells.reduce(0) { $0 + $1.stepsDone } }

  /// In seconds where steps were measured, in forwards elsewhere: either way in proportion to the time that it takes.
  private static func workLeft(of state: BenchmarkState) -> Double {
    let left = state.stepsLeft, isMeasured = left.allSatisfy { $0.cost.seconds != nil }
    return left.reduce(0) {
      $0 + Double($1.steps) * (isMeasured ? $1.cost.seconds ?? 0 : Double($1.cost.forwards))
    }
  }
}
