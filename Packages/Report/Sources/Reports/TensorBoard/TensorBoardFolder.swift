import Bundles
import Foundation
import Training

extension Report {
  /// Writes every run's metrics as TensorBoard reads them, a folder for each run under its name.
  ///
  /// Tags: `loss/batch`, `learning_rate`, `memory/peak_bytes` of steps; `dev/score`, `dev/loss` of evaluations. Times are
  /// those of steps after the run's beginning, where the log tells them.
  ///
  /// - Throws: `BundleError` where a file cannot be written; `ReportError` where a log cannot be read any more.
  public func writeTensorBoard(to folder: URL) throws {
    for run in runs {
      let target = folder.appending(path: run.name)
      let start = Self.beginning(of: run)
      let file = try Self.events(of: run, start: start)
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      // The same name every time: writing anew replaces, and TensorBoard does not show a run twice.
      try AtomicFile.write(
        Data(file.bytes), to: target.appending(path: "events.out.tfevents.\(Int(start)).zeroth"))
    }
  }

  /// When the run's recipe was written, in seconds since 1970.
  private static func beginning(of run: RunRecord) -> Double {
    let attributes = try? FileManager.default.attributesOfItem(atPath: RunFolder(run.folder).recipe.path)
    return ((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0).rounded(.down)
  }

  static func events(of run: RunRecord, start: Double) throws -> EventFile {
    var file = EventFile(time: start), reader = MetricsReader(), seconds = 0.0
    try reader.read(RunFolder(run.folder).metrics) { line in
      seconds = line.seconds ?? seconds
      let scalars: [(String, Double?)] = [
        ("loss/batch", line.loss), ("learning_rate", line.learningRate),
        ("memory/peak_bytes", line.peakBytes.map(Double.init)), ("dev/score", line.score),
        ("dev/loss", line.devLoss),
      ]
      file.append(
        scalars.compactMap { tag, value in value.map { (tag, $0) } }, step: line.step, time: start + seconds)
    }
    return file
  }
}
