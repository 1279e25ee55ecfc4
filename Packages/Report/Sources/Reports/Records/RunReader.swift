import Foundation
import Training

/// Reads a run's folder.
struct RunReader {
  let folder: RunFolder
  let name: String
  /// False: the log of a finished run is not read.
  let readsAllLogs: Bool

  /// - Returns: the run, and what of it could not be read.
  /// - Throws: `RecordProblem` where it cannot be told which run it is or what it found.
  func read() throws(RecordProblem) -> (record: RunRecord, problems: [RecordProblem]) {
    let labels = try reading(folder.recipe) { file in
      guard let data = try RecordFile.content(file, limit: 1 << 20) else {
        throw ReportError(.invalidFile, "is missing: this is no whole run folder")
      }
      return try RecipeLabels(data).values
    }
    let outcome = try reading(folder.result) { file in
      try RecordFile.json(ResultFile.self, file).map { try RunOutcome($0) }
    }
    let divergence = try reading(folder.divergence) { file in try RecordFile.json(DivergenceFile.self, file) }
    var log = MetricsReader(), problems: [RecordProblem] = []
    if readsAllLogs || outcome == nil {
      do {
        try reading(folder.metrics) { file in try log.read(file) }
      } catch {
        problems.append(error)
      }
    }
    if let problem = log.problem { problems.append(RecordProblem(place: folder.metrics.path, message: problem)) }
    let state: RunRecord.State =
      if outcome != nil {
        .finished
      } else if let divergence {
        .diverged(step: max(0, divergence.step))
      } else {
        .unfinished(step: log.lastStep)
      }
    let record = RunRecord(
      name: name, folder: folder.url, state: state, isSearch: false, labels: labels, outcome: outcome, curve: log.curve)
    return (record, problems)
  }

  private func reading<Value>(_ file: URL, _ body: (URL) throws -> Value) throws(RecordProblem) -> Value {
    do {
      return try body(file)
    } catch {
      throw RecordProblem(place: file.path, message: "\(error)")
    }
  }
}

extension RecordProblem: Error {}
