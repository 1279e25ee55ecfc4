import Foundation
import Training

/// One run to be done, or to be gone on with.
public struct RunOrder: Sendable {
  /// Unique in the benchmark.
  public var name: String
  public var recipe: ResolvedRecipe
  /// Where `recipe` is written.
  public var recipeFile: URL
  public var folder: RunFolder
  /// What the process says goes to its end.
  public var log: URL
  /// Held, by `flock`, as long as the process lives.
  public var lock: URL
  /// The run is there, and goes on from its last checkpoint.
  public var resumes: Bool
  /// It is to stop at a checkpoint after so many steps; nil: runs to its end.
  public var stopAfter: Int?
}

/// Carries out runs, each apart from the others: what one does to memory, or dies of, is not felt by the rest.
public protocol RunExecutor {
  /// - Throws: `BenchmarkError.notStarted`.
  func start(_ order: RunOrder) throws -> any RunningRun
}

/// A run under way.
public protocol RunningRun: AnyObject {
  /// How it ended; nil while it goes on. Does not wait.
  func ending() -> RunEnding?
  /// Asks it to stop at its next checkpoint.
  func interrupt()
}

/// How a run's process ended. What the run has come to is read in its folder.
public enum RunEnding: Sendable, Equatable {
  case finished
  /// At a checkpoint, to be gone on from.
  case stopped
  /// In words.
  case failed(String)
}
