import Foundation
import Training

/// Tables and pictures of runs.
public struct Report: Sendable {
  /// Tables and pictures of one kind.
  public struct Section: Sendable {
    public var title: String
    public var tables: [Table]
    public var pictures: [Picture]
  }

  /// The runs that are reported, those of searches too.
  public let runs: [RunRecord]
  /// What was left out, and why.
  public let problems: [RecordProblem]
  public let sections: [Section]

  public var tables: [Table] { sections.flatMap(\.tables) }

  /// Reads what lies at and below `paths`: run folders, and files that `zeroth bench method --json` printed.
  ///
  /// - Throws: `ReportError`: nothing that could be read, keys that no run has, files that are something else.
  public init(_ paths: [URL], options: ReportOptions = ReportOptions()) throws {
    var isFolder: ObjCBool = false
    let folders = paths.filter {
      !FileManager.default.fileExists(atPath: $0.path, isDirectory: &isFolder) || isFolder.boolValue
    }
    let benches = try paths.filter { !folders.contains($0) }.flatMap(LengthTables.read)
    guard !folders.isEmpty || !benches.isEmpty else {
      throw ReportError(.nothingToReport, "nothing to report: name run folders, or folders that hold some")
    }
    let collection = folders.isEmpty ? nil : try RunCollection(below: folders, readsAllLogs: options.readsLogs)
    try self.init(collection?.runs ?? [], problems: collection?.problems ?? [], benches: benches, options: options)
  }

  init(
    _ runs: [RunRecord], problems: [RecordProblem] = [], benches: [MethodBench.Report] = [],
    options: ReportOptions = ReportOptions()
  ) throws {
    let all = RunSet(runs)
    for condition in options.conditions where !runs.isEmpty && !all.keys.contains(condition.key) {
      throw ReportError(
        .unknownKey,
        "no run has the key '\(condition.key)'; those that vary are " + all.choices)
    }
    let set = all.filtered { run in options.conditions.allSatisfy { run.label($0.key) == $0.value } }
    guard runs.isEmpty || !set.runs.isEmpty else {
      let wanted = options.conditions.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
      throw ReportError(.nothingToReport, "nothing to report: of \(runs.count) runs none has \(wanted)")
    }
    self.runs = set.runs
    // A search's trials chose settings for others: they stand in the tables where there are none.
    let finals = set.filtered { !$0.isSearch }, shown = finals.runs.isEmpty ? set : finals
    let layout = try Layout(shown, options)
    self.problems = problems
    let lengths = LengthTables(reports: benches)
    sections = [
      Section(
        title: "Scores", tables: shown.runs.isEmpty ? [] : ScoreTables(layout: layout).tables(shown),
        pictures: CostPictures(layout: layout).pictures(shown)),
      Section(title: "Parts and masks", tables: VariantTables(layout: layout).tables(shown), pictures: []),
      Section(title: "Task alignment", tables: AlignmentTables(layout: layout).tables(shown), pictures: []),
      Section(
        title: "Memory and time", tables: CostTables(layout: layout).tables(shown),
        pictures: MemoryPictures(layout: layout).pictures(shown)),
      Section(title: "Memory against length", tables: lengths.tables(), pictures: lengths.pictures()),
      Section(
        title: "Losses", tables: [],
        pictures: LossPictures(layout: layout, isLogarithmic: options.hasLogarithmicLoss).pictures(shown)),
    ].filter { !$0.tables.isEmpty || !$0.pictures.isEmpty }
  }

  /// One line: how many runs there are, and how they ended.
  public var summary: String {
    let runs = runs.filter { !$0.isSearch }, trials = self.runs.count - runs.count
    let finished = runs.count { $0.state == .finished }, diverged = runs.count(where: \.hasDiverged)
    let unfinished = runs.count - finished - diverged
    var parts = ["\(runs.count) \(runs.count == 1 ? "run" : "runs"): \(finished) finished"]
    if unfinished > 0 { parts.append("\(unfinished) unfinished") }
    if diverged > 0 { parts.append("\(diverged) diverged") }
    if trials > 0 { parts.append("and \(trials) \(trials == 1 ? "trial" : "trials") of searches") }
    return parts.joined(separator: ", ")
  }
}
