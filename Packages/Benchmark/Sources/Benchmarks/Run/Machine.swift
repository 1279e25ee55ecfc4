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

  /// That this process may run on.
  public static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }
}

/// The machine's memory.
public enum MachineMemory {
  /// Bytes that processes could take now without others having to give any up; nil where the system does not say.
  public static var available: Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }
}
