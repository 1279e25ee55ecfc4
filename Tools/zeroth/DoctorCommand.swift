import ArgumentParser
import Foundation
import Training

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say before a run what would go wrong in it.",
    discussion: """
      Looks at the examples, asks the model about some of them, and makes a few steps of the run's own method in memory:
      examples that are cut, label words of several tokens, differences of losses that miss the exact slopes, learning
      rates that move nothing or too much, the memory and the time that the run will take. Nothing is written.

      EXAMPLES
        zeroth doctor Recipes/quickstart.yaml
        zeroth doctor mine.yaml --set zo-sgd.epsilon=1e-6 --set dtype=bfloat16

      EXIT STATUS
        0   nothing stands in the way, though there may be warnings
        1   the run would fail or be for nothing
      """)

  @Argument(help: "Recipe.")
  var recipe: String

  @Flag(help: "Print the findings as JSON.")
  var json = false

  @OptionGroup var settings: RecipeArguments

  func run() throws {
    let (resolved, host) = try settings.resolve(recipe)
    let line = ProgressLine()
    let checkup = try Doctor(Experiment(resolved, components: host.components)).examine {
      line.show("looking at \($0)", force: true)
    }
    line.finish()
    if json {
      try Output.json(checkup)
    } else {
      for finding in checkup.findings {
        Output.line("\(finding.verdict.mark)  \(finding.question): \(finding.found)")
        if !finding.advice.isEmpty { Output.line("         \(finding.advice)") }
      }
    }
    if checkup.verdict == .problem { throw ExitCode.failure }
  }
}

extension Finding.Verdict {
  /// All of one width.
  fileprivate var mark: String {
    switch self {
    case .fine: "fine   "
    case .warning: "warning"
    case .problem: "PROBLEM"
    }
  }
}
