import Bundles
import Foundation

/// `metrics.jsonl`: one JSON object a line, appended as the run goes.
final class MetricsLog {
  /// A line of the log.
  enum Record: Encodable {
    case step(StepReport)
    case evaluation(EvaluationReport)

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .step(let report): try report.encode(to: encoder)
      case .evaluation(let report): try report.encode(to: encoder)
      }
    }
  }

  private let url: URL
  private let handle: FileHandle
  private let encoder = JSONEncoder()

  /// Opens the log for appending, after the lines that `progress` has behind it.
  init(_ url: URL, keeping progress: RunProgress) throws {
    self.url = url
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let kept = progress.step > 0 ? MetricsLog.lines(of: url, behind: progress) : Data()
    try AtomicFile.write(kept, to: url)
    do {
      handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
    } catch {
      throw TrainingError(.unwritable, "cannot write \(url.path): \(error.localizedDescription)")
    }
  }

  func append(_ record: Record) throws {
    do {
      try handle.write(contentsOf: encoder.encode(record) + Data("\n".utf8))
    } catch {
      throw TrainingError(.unwritable, "cannot write \(url.path): \(error.localizedDescription)")
    }
  }

  /// The steps and the evaluations that a log holds, in order.
  static func read(_ url: URL) -> (steps: [StepReport], evaluations: [EvaluationReport]) {
    let lines = ((try? Data(contentsOf: url)) ?? Data()).split(separator: UInt8(ascii: "\n"))
    let decoder = JSONDecoder()
    return (
      lines.compactMap { try? decoder.decode(StepReport.self, from: $0) },
      lines.compactMap { try? decoder.decode(EvaluationReport.self, from: $0) }
    )
  }

  /// The whole lines of steps and evaluations that were done; a torn last line is left out.
  private static func lines(of url: URL, behind progress: RunProgress) -> Data {
    struct Position: Decodable {
      let step: Int
      /// Evaluations alone have it.
      let devExamples: Int?
    }
    guard let data = try? Data(contentsOf: url) else { return Data() }
    var kept = Data()
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard let position = try? JSONDecoder().decode(Position.self, from: line),
        position.step <= (position.devExamples == nil ? progress.step : progress.evaluatedStep)
      else { continue }
      kept += line + Data("\n".utf8)
    }
    return kept
  }
}
