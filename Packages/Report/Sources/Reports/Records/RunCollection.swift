import Foundation
import Training

/// The runs below some folders.
public struct RunCollection: Sendable {
  public private(set) var runs: [RunRecord] = []
  /// What was left out, and why.
  public private(set) var problems: [RecordProblem] = []

  private static let greatestDepth = 16
  private static let greatestFolderCount = 100_000
  private static let benchmarkName = "benchmark.json"

  private let readsAllLogs: Bool

  /// Finds and reads all run folders at or below `folders`; links below them are not followed.
  ///
  /// - Parameter readsAllLogs: false: those of finished runs are left alone, and their curves are empty.
  /// - Throws: `ReportError.nothingToReport` where there is no run that could be read.
  public init(below folders: [URL], readsAllLogs: Bool = true) throws {
    self.readsAllLogs = readsAllLogs
    var folderCount = 0
    for folder in folders {
      let before = runs.count + problems.count
      var benchmarks: [URL] = []
      walk(folder.standardizedFileURL, name: folder.lastPathComponent, depth: 0, &folderCount, &benchmarks)
      for file in benchmarks { join(file) }
      if runs.count + problems.count == before {
        problems.append(RecordProblem(place: folder.path, message: "no run folder is at or below it"))
      }
    }
    removeRepeats()
    guard !runs.isEmpty else {
      throw ReportError(
        .nothingToReport, (["nothing to report:"] + problems.map { "  \($0)" }).joined(separator: "\n"))
    }
    runs.sort { $0.name < $1.name }
    for key in ["model", "task", "data", "tokenizer"] { shorten(key) }
  }

  private mutating func walk(
    _ url: URL, name: String, depth: Int, _ folderCount: inout Int, _ benchmarks: inout [URL]
  ) {
    guard depth <= Self.greatestDepth, folderCount < Self.greatestFolderCount else {
      problems.append(
        RecordProblem(place: url.path, message: "not looked into: folders in folders in folders, or too many of them"))
      return
    }
    folderCount += 1
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
      problems.append(RecordProblem(place: url.path, message: "no folder that can be read"))
      return
    }
    let folder = RunFolder(url)
    let marks = [folder.recipe, folder.result, folder.metrics, folder.ledger].map(\.lastPathComponent)
    if !Set(names).isDisjoint(with: marks) {
      do {
        let found = try RunReader(folder: folder, name: name, readsAllLogs: readsAllLogs).read()
        runs.append(found.record)
        problems += found.problems
      } catch {
        problems.append(error)
      }
      return
    }
    if names.contains(Self.benchmarkName) { benchmarks.append(url.appending(path: Self.benchmarkName)) }
    for child in names.sorted() where !child.hasPrefix(".") {
      let below = url.appending(path: child)
      guard Self.isFolder(below) else { continue }
      walk(below, name: "\(name)/\(child)", depth: depth + 1, &folderCount, &benchmarks)
    }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var status = stat()
    return lstat(url.path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Takes up what a benchmark knows of its cells' runs: their labels, which of them were for choosing, and which ended
  /// without numbers.
  private mutating func join(_ file: URL) {
    let benchmark: BenchmarkFile
    do {
      guard let read = try RecordFile.json(BenchmarkFile.self, file) else { return }
      benchmark = read
    } catch {
      problems.append(RecordProblem(place: file.path, message: "\(error)"))
      return
    }
    let places = Dictionary(runs.indices.map { (runs[$0].folder.path, $0) }) { first, _ in first }
    for cell in benchmark.cells {
      let folder = file.deletingLastPathComponent().appending(path: cell.folder).standardizedFileURL
      guard let index = places[RunFolder(folder).url.path] else { continue }
      runs[index].axes = Set((cell.labels ?? [:]).keys).subtracting(runs[index].labels.keys)
      runs[index].labels.merge(cell.labels ?? [:]) { $1 }
      runs[index].isSearch = cell.phase == "search"
      if cell.state == "diverged", case .unfinished(let step) = runs[index].state {
        runs[index].state = .diverged(step: step)
      }
    }
  }

  /// One run in two places, or done twice, would count as two seeds.
  private mutating func removeRepeats() {
    var seen: [[String: String]: String] = [:], kept: [RunRecord] = []
    for run in runs {
      let key = run.labels.filter { LabelRole($0.key) != .place }
      if let first = seen[key] {
        problems.append(
          RecordProblem(place: run.folder.path, message: "does what \(first) does, with the same seed: left out"))
      } else {
        // One that has not finished may have been begun anew.
        if run.state == .finished { seen[key] = run.folder.path }
        kept.append(run)
      }
    }
    runs = kept
  }

  /// Names files by their last part, as far as that tells them apart.
  private mutating func shorten(_ key: String) {
    let paths = Dictionary(grouping: Set(runs.map { $0.label(key) }).filter { !$0.isEmpty }) { path in
      let url = URL(filePath: path)
      return url.pathExtension == "gguf" ? url.deletingPathExtension().lastPathComponent : url.lastPathComponent
    }
    let names = paths.filter { $0.value.count == 1 }.map { ($0.value[0], $0.key) }
    for (path, name) in names {
      for index in runs.indices where runs[index].label(key) == path { runs[index].labels[key] = name }
    }
  }
}
