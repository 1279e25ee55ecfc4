import Foundation
import Training

/// The folder of a benchmark and what lies where in it.
public struct BenchmarkFolder: Sendable, Equatable {
  public let url: URL

  public init(_ url: URL) { self.url = url.standardizedFileURL }

  /// What a run is for.
  public enum Phase: String, Sendable, Codable {
    /// Choosing a setting.
    case search
    /// The benchmark's tables.
    case final
  }

  /// Where everything stands: docs/benchmark-grids.md.
  public var record: URL { url.appending(path: "benchmark.json") }
  /// What steps took.
  var measurements: URL { url.appending(path: "measurements.json") }
  /// What models as they came score on the held-out examples, once for all runs that begin with them.
  public var untouched: URL { url.appending(path: "untouched") }
  /// Held by the process that runs the benchmark.
  public var lock: URL { url.appending(path: "benchmark.lock") }

  /// The folder of a run, which `zeroth train` makes.
  public func run(_ name: String, _ phase: Phase) -> RunFolder {
    RunFolder(url.appending(path: phase == .final ? "cells" : "search").appending(path: name))
  }

  /// Of a few steps that are measured, and removed.
  public func probe(_ name: String) -> RunFolder { RunFolder(url.appending(path: "probes").appending(path: name)) }

  public func recipe(_ name: String) -> URL { url.appending(path: "recipes/\(name).yaml") }
  public func log(_ name: String) -> URL { url.appending(path: "logs/\(name).log") }
  /// Held by the process of the run.
  public func lock(_ name: String) -> URL { url.appending(path: "locks/\(name)") }

  /// - Throws: `BenchmarkError.unwritable`.
  func create() throws {
    do {
      for name in ["cells", "recipes", "logs", "locks"] {
        try FileManager.default.createDirectory(at: url.appending(path: name), withIntermediateDirectories: true)
      }
    } catch {
      throw BenchmarkError(.unwritable, "cannot make \(url.path): \(error.localizedDescription)")
    }
  }

  /// `file` as the record names it.
  func relative(_ file: URL) -> String {
    let prefix = url.path.hasSuffix("/") ? url.path : url.path + "/"
    return file.path.hasPrefix(prefix) ? String(file.path.dropFirst(prefix.count)) : file.path
  }
}
