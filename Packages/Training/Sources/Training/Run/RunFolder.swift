import Bundles
import Foundation

/// The folder of a run and what lies where in it.
public struct RunFolder: Sendable, Equatable {
  public let url: URL

  public init(_ url: URL) { self.url = url.standardizedFileURL }

  /// The resolved recipe: every value that the run used.
  public var recipe: URL { url.appendingPathComponent("recipe.yaml") }
  /// One JSON object a line: steps and evaluations.
  public var metrics: URL { url.appendingPathComponent("metrics.jsonl") }
  /// The record that rebuilds the weights without forward passes.
  public var ledger: URL { url.appendingPathComponent("ledger.zl") }
  /// The best parameters so far, as `transformers` or `peft` load them.
  public var best: URL { url.appendingPathComponent("best") }
  /// The run at a glance; there only when it has finished.
  public var picture: URL { url.appendingPathComponent("report.svg") }
  /// Why the run has come to no result; there only when its losses were no numbers any more.
  public var divergence: URL { url.appendingPathComponent("diverged.json") }
  /// What the run found; there only when it has finished.
  public var result: URL { url.appendingPathComponent("result.json") }

  /// The parameters after `step` steps.
  func checkpoint(step: Int) -> URL { url.appendingPathComponent("checkpoint-\(step)") }

  /// What lies in the folder; nothing where there is none.
  private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }

  /// Makes the folder for a new run.
  ///
  /// - Throws: `TrainingError.runExists` where a run is there already: runs are never mixed. `.unwritable` where a file has
  ///   a name that the run would write, or take away: another program's checkpoints are not ours to replace.
  func create() throws {
    if FileManager.default.fileExists(atPath: recipe.path) {
      throw TrainingError(
        .runExists, "\(url.path) holds a run already: resume it with --resume \(url.path), or choose another output")
    }
    let foreign = names.sorted().first { name in
      Self.fileNames.contains(name) || Self.prefixes.contains { name.hasPrefix($0) }
    }
    if let foreign {
      throw TrainingError(
        .unwritable, "\(url.path) holds '\(foreign)', which a run would replace, and no run: choose another output")
    }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw TrainingError(.unwritable, "cannot make \(url.path): \(error.localizedDescription)")
    }
  }

  /// - Throws: `TrainingError.unwritable` where there is anything but an empty folder at `target`.
  static func requireNew(_ target: URL) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: target.path) else { return }
    guard let names = try? files.contentsOfDirectory(atPath: target.path), names.isEmpty else {
      throw TrainingError(.unwritable, "\(target.path) is there already: choose a folder that is not")
    }
  }

  /// Steps of the complete checkpoints, latest first.
  func checkpointSteps() -> [Int] {
    return names.compactMap { $0.hasPrefix("checkpoint-") ? Int($0.dropFirst("checkpoint-".count)) : nil }.sorted(by: >)
  }

  /// False where a run was killed before its first step.
  var hasLedger: Bool { FileManager.default.fileExists(atPath: ledger.path) }

  /// Lets go of the checkpoints of earlier steps; of all where none is named: what has finished does not need them.
  public func removeCheckpoints(before step: Int = .max) {
    for earlier in checkpointSteps() where earlier < step {
      try? FileManager.default.removeItem(at: checkpoint(step: earlier))
    }
  }

  /// Lets go of everything that has the size of the weights; the record of the run stays, and it cannot go on any more.
  public func removeWeights() {
    for name in names where name == best.lastPathComponent || Self.prefixes.contains(where: name.hasPrefix) {
      try? FileManager.default.removeItem(at: url.appendingPathComponent(name))
    }
  }

  /// Takes away what was half-written when a process was killed, and puts back what it had put aside for something newer.
  /// Only for whoever has the ledger: nobody else writes here.
  func recover() {
    let files = FileManager.default
    for name in names
    where (Self.fileNames + Self.prefixes).contains(where: { name.hasPrefix("." + $0) }) {
      let left = url.appendingPathComponent(name)
      if name.hasSuffix(Self.aside) {
        let target = url.appendingPathComponent(String(name.dropFirst().dropLast(Self.aside.count)))
        // Where the newer one has come, it stays.
        try? files.moveItem(at: left, to: target)
        try? files.removeItem(at: left)
      } else if name.hasSuffix(Self.partial) {
        try? files.removeItem(at: left)
      }
    }
  }

  /// What a run writes: under these names, and under names that begin so.
  private static let fileNames: [String] = {
    let run = RunFolder(URL(filePath: "/"))
    return [run.recipe, run.metrics, run.ledger, run.best, run.picture, run.divergence, run.result].map(
      \.lastPathComponent)
  }()
  private static let prefixes = ["checkpoint-", Payloads.namePrefix]

  /// What the run found, where it has finished.
  func storedResult(of recipe: ResolvedRecipe, steps: Int) -> RunResult? {
    guard let data = try? Data(contentsOf: result), let stored = try? JSONDecoder().decode(RunResult.self, from: data),
      stored.recipeIdentity == recipe.identity.hex, stored.steps == steps, steps == recipe.steps
    else { return nil }
    return stored
  }

  /// Ends of the hidden names of what is being written, and of what something newer is taking the place of.
  private static let partial = ".partial", aside = ".old"

  /// Fills a folder through `write` and puts it at `target` in one rename, so that it is there whole or not at all.
  static func replace(_ target: URL, write: (URL) throws -> Void) throws {
    let files = FileManager.default
    func hidden(_ end: String) -> URL {
      target.deletingLastPathComponent().appendingPathComponent("." + target.lastPathComponent + end)
    }
    let partial = hidden(Self.partial)
    do {
      try? files.removeItem(at: partial)
      try files.createDirectory(at: partial, withIntermediateDirectories: true)
      try write(partial)
      if files.fileExists(atPath: target.path) {
        let old = hidden(Self.aside)
        try? files.removeItem(at: old)
        try files.moveItem(at: target, to: old)
        try files.moveItem(at: partial, to: target)
        try? files.removeItem(at: old)
      } else {
        try files.moveItem(at: partial, to: target)
      }
    } catch {
      try? files.removeItem(at: partial)
      throw error
    }
  }
}
