import ArgumentParser
import Bundles
import Foundation
import Reports

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Tables and pictures of runs, as papers show them.",
    discussion: """
      Reads every run folder at or below those that are named, finished or not, and files that zeroth bench method --json
      printed. Prints tables of held-out scores by optimizer and scheme with mean, deviation and interval over seeds, of
      parts and masks against dense steps, of task alignment, and of memory and time; those that the runs hold enough for.
      Of several settings of a method the best on dev is shown. What cannot be read is named on standard error.

      EXAMPLES
        zeroth report runs
        zeroth report runs --html report.html
        zeroth report runs --where task=sst2 --rows method --columns template
        zeroth report runs --latex > tables.tex
        zeroth bench method --optimizer zo-sgd --optimizer fo-sgd --length 64 --length 256 --json > length.json
        zeroth report runs length.json --tensorboard logs
      """)

  enum Format: String, EnumerableFlag {
    case csv, json, latex

    static func help(for value: Format) -> ArgumentHelp? {
      switch value {
      case .csv: "Print every cell of every table as a line of CSV."
      case .json: "Print runs, tables and problems as JSON."
      case .latex: "Print the tables as LaTeX, in the style of booktabs."
      }
    }
  }

  @Argument(help: ArgumentHelp("Folders of runs, or that hold some.", valueName: "runs"))
  var paths: [String]

  @Flag(exclusivity: .exclusive)
  var format: Format?

  @Option(help: ArgumentHelp("Write all of it to this file, one page that needs nothing else.", valueName: "file"))
  var html: String?

  @Option(help: ArgumentHelp("Write event files for TensorBoard, a folder for each run.", valueName: "folder"))
  var tensorboard: String?

  @Option(help: ArgumentHelp("Keys that make the rows of scores, with commas.", valueName: "keys"))
  var rows: String?

  @Option(help: ArgumentHelp("Keys that make their columns.", valueName: "keys"))
  var columns: String?

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Only runs with this value of a key. May be repeated.", valueName: "key=value"))
  var conditions: [String] = []

  @Flag(name: .customLong("log-loss"), help: "Losses on a logarithmic axis.")
  var hasLogarithmicLoss = false

  func validate() throws {
    guard conditions.allSatisfy({ $0.dropFirst().contains("=") }) else {
      throw ValidationError("--where takes key=value, as in --where scheme=lora")
    }
    guard [rows, columns].allSatisfy({ $0.map { !keys($0).isEmpty } ?? true }) else {
      throw ValidationError("--rows and --columns take keys of recipes, as in --rows method,scheme")
    }
  }

  func run() throws {
    let report = try Report(
      paths.map(URL.init(argument:)),
      options: ReportOptions(
        rows: rows.map(keys), columns: columns.map(keys),
        conditions: conditions.map { text in
          let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          return (String(parts[0]), String(parts[1]))
        }, hasLogarithmicLoss: hasLogarithmicLoss, readsLogs: html != nil))
    for problem in report.problems { Output.error("\(problem)") }
    if let html { try AtomicFile.write(Data(report.html.utf8), to: URL(argument: html)) }
    if let tensorboard {
      let problems = try report.writeTensorBoard(to: URL(argument: tensorboard))
      for problem in problems where !report.problems.contains(problem) { Output.error("\(problem)") }
    }
    let text =
      switch format {
      case .csv: report.csv
      case .json: String(decoding: try report.json(), as: UTF8.self)
      case .latex: report.latex
      case nil: report.text(width: Output.width())
      }
    print(text, terminator: "")
    Output.flush()
  }

  private func keys(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
}
