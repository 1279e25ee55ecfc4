import Foundation

/// How the processors are divided among runs.
public struct ProcessorShare: Sendable, Equatable {
  /// Runs at once.
  public let jobs: Int
  /// Of each run; nil: as its recipe says.
  public let threads: Int?

  /// - Parameters:
  ///   - jobs: wanted; nil: as many as there are processors for.
  ///   - threads: wanted of each run; nil: the grid's.
  ///   - gridThreads: that the grid names; nil: it names none, and a run takes all there are.
  ///   - processors: there are.
  public init(jobs: Int?, threads: Int?, gridThreads: Int?, processors: Int) {
    let wanted = threads ?? gridThreads
    self.jobs = jobs ?? max(1, processors / (wanted ?? processors))
    // Whoever wants several runs at once wants them to share the processors.
    self.threads = threads ?? (gridThreads == nil && jobs != nil ? max(1, processors / self.jobs) : nil)
  }
}
