import ArgumentParser
import Foundation
import Training

extension BenchCommand {
  struct TokenizerSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "tokenizer", abstract: "Lines of a text into ids, on one thread.",
      discussion: """
        References/tokenizers/throughput.py measures the tokenizers package the same way.

        EXAMPLES
          zeroth bench tokenizer --tokenizer Models/stories260K --text README.md
        """)
    @Option(help: "Folder, tokenizer.json or GGUF file.") var tokenizer: String
    @Option(help: "Text file in UTF-8, read line by line.") var text: String
    @Flag(help: "Print the result as JSON.") var json = false

    struct Report: Encodable {
      var tokenizer: String
      var lines: Int
      var bytes: Int
      /// 10⁶ bytes a second, best of three passes.
      var megabytesPerSecond: Double
    }

    func run() throws {
      guard let content = try? String(contentsOf: URL(argument: text), encoding: .utf8) else {
        throw ValidationError("\(text): cannot be read as UTF-8 text")
      }
      let lines = content.split(whereSeparator: \.isNewline).map(String.init)
      guard !lines.isEmpty else { throw ValidationError("\(text): has no lines") }
      let rate = try ModelSource(path: URL(argument: tokenizer)).tokenizer().throughput(over: lines)
      let report = Report(
        tokenizer: tokenizer, lines: lines.count, bytes: lines.reduce(0) { $0 + $1.utf8.count },
        megabytesPerSecond: rate / 1e6)
      if json { return try Output.json(report) }
      Output.table(
        [["rate", String(format: "%.2f MB/s", report.megabytesPerSecond)]],
        header: ["\(tokenizer), \(Quantity.count(report.lines)) lines", Quantity.bytes(report.bytes)])
    }
  }
}
