import Foundation
import Testing

/// The built command line, run as a user runs it.
struct Program {
  struct Output {
    var status: Int32
    var out: String
    var err: String

    var lines: [String] { out.split(separator: "\n").map(String.init) }

    /// Standard output as one JSON object.
    func object() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(out.utf8)) as? [String: Any], "\(out)\(err)")
    }
  }

  static let executable = Project.products.appending(path: "zeroth")

  /// Runs to the end.
  static func run(_ arguments: String..., input: String = "", folder: URL? = nil) throws -> Output {
    try Running(arguments, input: input, folder: folder).wait()
  }

  /// Runs to the end and expects success.
  static func succeed(
    _ arguments: String..., input: String = "", folder: URL? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Output {
    let output = try Running(arguments, input: input, folder: folder).wait()
    #expect(output.status == 0, "\(arguments): \(output.err)", sourceLocation: sourceLocation)
    return output
  }

  /// A process under way.
  final class Running {
    let process = Process()
    private let place: Workplace

    init(_ arguments: [String], input: String = "", folder: URL? = nil) throws {
      let place = try Workplace()
      self.place = place
      let streams = try [("in", input), ("out", ""), ("err", "")].map {
        try FileHandle(forUpdating: place.write($0.1, to: $0.0))
      }
      process.executableURL = Program.executable
      process.arguments = arguments
      process.currentDirectoryURL = folder ?? place.url
      var environment = ProcessInfo.processInfo.environment
      environment["ZEROTH_PLUGIN_PATH"] = nil
      environment["ZEROTH_MODEL_PATH"] = nil
      environment["ZEROTH_CACHE"] = place("cache").path
      process.environment = environment
      (process.standardInput, process.standardOutput, process.standardError) = (streams[0], streams[1], streams[2])
      try process.run()
    }

    func wait() throws -> Output {
      process.waitUntilExit()
      return Output(
        status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
        out: try String(contentsOf: place("out"), encoding: .utf8),
        err: try String(contentsOf: place("err"), encoding: .utf8))
    }

    /// Sends `signal` as soon as `file` has `count` lines.
    func signal(_ signal: Int32, whenLinesOf file: URL, reach count: Int) throws {
      let deadline = Date().addingTimeInterval(60)
      while Date() < deadline, process.isRunning {
        let lines = (try? Data(contentsOf: file).count { $0 == UInt8(ascii: "\n") }) ?? 0
        if lines >= count {
          kill(process.processIdentifier, signal)
          return
        }
        usleep(2000)
      }
      Issue.record("the process ended before \(file.lastPathComponent) had \(count) lines")
    }
  }
}
