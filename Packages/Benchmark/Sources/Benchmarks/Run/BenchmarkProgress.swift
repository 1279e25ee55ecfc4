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
  /// Steps of each cell that were done before this session.
  private var earlierSteps: [Int]

  init(_ state: BenchmarkState) { earlierSteps = state.cells.map(\.stepsDone) }

  /// Once a second.
  var isDue: Bool { ContinuousClock.now - lastTold >= .seconds(1) }

  mutating func report(_ state: BenchmarkState, running: [CellRecord]) -> ProgressReport {
    lastTold = .now
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let left = state.stepsLeft, isMeasured = left.allSatisfy { $0.cost.seconds != nil }
    /// In seconds where steps were measured, in forwards elsewhere: either way in proportion to the time that it takes.
    func work(_ steps: Int, _ cost: StepCost) -> Double {
      Double(steps) * (isMeasured ? cost.seconds ?? 0 : Double(cost.forwards))
    }
    var steps = 0, done = 0.0
    for (index, cell) in state.cells.enumerated() {
      // A run that goes on does so from its last checkpoint, which may lie before what its log told of.
      earlierSteps[index] = min(earlierSteps[index], cell.stepsDone)
      steps += cell.stepsDone - earlierSteps[index]
      done += work(cell.stepsDone - earlierSteps[index], left[state.combination(of: index)].cost)
    }
    return ProgressReport(
      concluded: state.cells.count(where: \.isConcluded), cells: state.cells.count,
      stepsPerSecond: Double(steps) / max(seconds, 1e-3),
      secondsLeft: done > 0 ? left.reduce(0) { $0 + work($1.steps, $1.cost) } * seconds / done : nil, running: running)
  }
}
