import ArgumentParser
import Foundation
import Training

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Rebuild a run's weights from its ledger, without forward passes.",
    discussion: """
      The weights equal the run's bit for bit, on any machine; the hash that is printed is that of result.json.

      EXAMPLES
        zeroth replay runs/quickstart-0/ledger.zl --out rebuilt
        zeroth replay ledger.zl --base SmolLM2-135M-Instruct.Q4_1.gguf --out step100 --step 100
      """)

  @Argument(help: "Ledger of a run.") var ledger: String
  @Option(help: "The model that the run began with; where the run found it, if absent.") var base: String?
  @Option(help: "Folder for the weights.") var out: String
  @Option(help: "Stop after this many steps; all, if absent.") var step: Int?
  @Flag(help: "Print the result as JSON.") var json = false
  @OptionGroup var threads: ThreadArguments
  @OptionGroup var plugins: PluginArguments

  func validate() throws {
    guard step.map({ $0 >= 0 }) ?? true else { throw ValidationError("--step must not be negative") }
  }

  func run() throws {
    let replay = try Replay(
      ledger: URL(argument: ledger), base: base.map(URL.init(argument:)), components: plugins.load().components,
      threads: threads.value)
    let line = ProgressLine()
    let report = try replay.run(steps: step, to: URL(argument: out)) { done, total in
      line.show("step \(done)/\(total)")
    }
    line.finish()
    if json { return try Output.json(report) }
    Output.line("\(report.steps) steps in \(String(format: "%.1f", report.seconds)) s")
    Output.line("parameters sha256 \(report.parameters)")
    Output.line("written to \(report.output)")
  }
}
