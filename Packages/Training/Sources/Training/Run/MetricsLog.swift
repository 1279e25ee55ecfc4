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

  /// Opens the log for appending, after the lines of steps up to `step`.
  init(_ url: URL, keepingSteps step: Int?) throws {
    self.url = url
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let kept = try step.map { try MetricsLog.lines(of: url, upTo: $0) } ?? Data()
    do {
      try kept.write(to: url, options: .atomic)
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

  /// The whole lines whose `step` is at most `step`; a torn last line is left out.
  private static func lines(of url: URL, upTo step: Int) throws -> Data {
    struct Position: Decodable { let step: Int }
    guard let data = try? Data(contentsOf: url) else { return Data() }
    var kept = Data()
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard let position = try? JSONDecoder().decode(Position.self, from: line), position.step <= step else { continue }
      kept += line + Data("\n".utf8)
    }
    return kept
  }
}
