import Bundles
import Foundation
import Training

/// Measures the steps of recipes by short runs, each in a process of its own, as the benchmark's runs will be.
public struct StepMeasurement {
  private let folder: BenchmarkFolder
  private let executor: any RunExecutor
  private let shouldStop: () -> Bool
  /// What earlier sessions measured: by the identity of the recipe.
  private let known: [String: Double]

  /// - Throws: `BenchmarkError.damaged`, `.unwritable`.
  public init(in folder: BenchmarkFolder, executor: any RunExecutor, shouldStop: @escaping () -> Bool) throws {
    self.folder = folder
    self.executor = executor
    self.shouldStop = shouldStop
    try folder.create()
    var known: [String: Double] = [:]
    for combination in try BenchmarkRecord.read(folder)?.combinations ?? [] {
      if let probe = combination.probe, let seconds = combination.cost?.seconds { known[probe] = seconds }
    }
    self.known = known
  }

  /// Seconds of a step of a short run; what an earlier session measured holds, so that a benchmark whose budget is in
  /// seconds has the same steps when it goes on.
  ///
  /// - Throws: `BenchmarkError.notStarted` with what the run's process said, `.stopped` where a signal came.
  public func seconds(_ name: String, _ recipe: ResolvedRecipe) throws -> Double? {
    if let seconds = known[recipe.identity.hex] { return seconds }
    let run = folder.probe(name)
    try? FileManager.default.removeItem(at: run.url)
    defer { try? FileManager.default.removeItem(at: run.url) }
    let order = RunOrder(
      name: name, recipe: recipe, recipeFile: folder.recipe("\(name)_probe"), folder: run,
      log: folder.log("\(name)_probe"), lock: folder.lock("\(name)_probe"), resumes: false, stopAfter: nil)
    try AtomicFile.write(Data(recipe.yaml.utf8), to: order.recipeFile)
    let process = try executor.start(order)
    var isStopping = false
    while true {
      if let ending = process.ending() {
        if isStopping { throw BenchmarkError(.stopped, "stopped") }
        if case .failed(let message) = ending, run.storedDivergence == nil {
          throw BenchmarkError(.notStarted, "\(name): a short run to measure a step failed: \(message)")
        }
        break
      }
      if shouldStop(), !isStopping {
        isStopping = true
        process.interrupt()
      }
      usleep(10_000)
    }
    return Self.secondsPerStep(run.log.steps)
  }

  /// The median over the steps but the first, which brings memory and caches into the state of a running training.
  static func secondsPerStep(_ steps: [StepReport]) -> Double? {
    let ends = steps.map(\.seconds)
    let taken = zip(ends, ends.dropFirst()).map { $1 - $0 }.sorted()
    return taken.isEmpty ? ends.first : taken[taken.count / 2]
  }
}
