import ArgumentParser
import Benchmarks
import Evaluation
import Configurations
import Foundation
import TensorCore
import Training
import TuningCore

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark", abstract: "Run a grid of recipes under one budget, and search their settings on dev.",
    discussion: """
      Says first what all of it will take: every run's steps from its budget, forecasts of memory and, by a few measured
      steps of each method, of time. Each run is a process of its own in OUTPUT/cells. Ctrl-C and SIGTERM stop all of
      them at their next checkpoint; the same command goes on, and skips what is done. zeroth report makes the tables.

      EXAMPLES
        zeroth benchmark Recipes/small/sst2.yaml --list
        zeroth benchmark Recipes/small/sst2.yaml --dry-run
        zeroth benchmark Recipes/small/sst2.yaml --output runs/sst2 --jobs 2
        zeroth benchmark Recipes/small/sst2.yaml --only optimizer=zo-sgd,fo-sgd --only scheme=lora
        zeroth benchmark Recipes/zo-llm/sst2-opt-1.3b.yaml --set model=/models/opt-1.3b --set data=/data/SST-2.zip

      EXIT STATUS
        0   every run is done, those that diverged among them: divergence is a result
        1   a run failed, or the benchmark could not be run: the message says why
        64  the arguments or the grid are wrong
        75  stopped by a signal; the same command goes on
      """)

  @Argument(help: "Grid: docs/benchmark-grids.md.")
  var grid: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set a key of every run's recipe. May be repeated.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(
    help: ArgumentHelp("Run these combinations alone. May be repeated for other axes.", valueName: "axis=label,..."))
  var only: [String] = []

  @Option(help: "Folder of the benchmark; by default the grid's, or runs/NAME.")
  var output: String?

  @Option(help: "Runs at once; 0: as many as there are processors for their threads.")
  var jobs = 0

  @Option(help: "Threads of a run; 0: the grid's, or the processors divided among the jobs.")
  var threads = 0

  @Flag(help: "Print the runs and their settings; opens neither models nor data.")
  var list = false

  @Flag(help: "Print what it will take, and stop before the first run.")
  var dryRun = false

  @Flag(help: "Print the record, benchmark.json, at the end, or after a dry run; what it will take goes to stderr.")
  var json = false

  @OptionGroup var plugins: PluginArguments

  func validate() throws {
    guard !(list && json) else { throw ValidationError("--list has no JSON: --dry-run --json prints every run") }
    guard (0...1024).contains(jobs) else { throw ValidationError("--jobs must be from 0 to 1024") }
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be from 0 to 1024") }
    for text in only where !text.contains("=") { throw ValidationError("--only \(text): write axis=label,label") }
  }

  func run() throws {
    Signals.watch()
    let grid = try Grid(contentsOf: URL(argument: self.grid), overrides: overrides)
    let host = try plugins.load(grid.shared.pluginFiles)
    let tasks = try ExampleSet.taskNames()
    let expansion = try grid.expand(
      components: host.components, tasks: tasks, only: only.map(LabelSelection.init(argument:)))
    if list { return BenchmarkDisplay.list(expansion) }
    let folder = BenchmarkFolder(
      output.map(URL.init(argument:)) ?? grid.output ?? URL(argument: "runs/\(grid.name)"))
    let executor = ProcessExecutor(
      arguments: ["--untouched", folder.untouched.path]
        + plugins.plugins.flatMap { ["--plugin", URL(argument: $0).path] })
    let lock = try BenchmarkLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let share = ProcessorShare(
      jobs: jobs == 0 ? nil : jobs, threads: threads == 0 ? nil : threads, gridThreads: grid.threads,
      processors: Threads.available.count)
    let display = BenchmarkDisplay()
    do {
      try run(expansion, folder, executor, share, host.components, tasks, display)
    } catch let error as BenchmarkError where error.code == .stopped {
      throw StoppedBySignal(description: "stopped; the same command goes on with what is left")
    }
  }

  private func run(
    _ expansion: Expansion, _ folder: BenchmarkFolder, _ executor: ProcessExecutor, _ share: ProcessorShare,
    _ components: Components, _ tasks: [String], _ display: BenchmarkDisplay
  ) throws {
    let measurement = try StepMeasurement(
      in: folder, executor: executor, keeps: !dryRun, shouldStop: { Signals.stopRequested })
    let plan = try BenchmarkPlan(
      expansion, in: folder, threads: share.threads, components: components, tasks: tasks,
      survey: { combination, recipe in
        guard !Signals.stopRequested else { throw BenchmarkError(.stopped, "stopped") }
        display.prepare(combination, of: expansion)
        return try RunSurvey(recipe, components: components)
      },
      seconds: { combination, recipe in try measurement.seconds(combination.name, recipe) })
    let resources = BenchmarkRunner.Resources(jobs: share.jobs, memoryBytes: MemoryMeter.availableBytes)
    display.show(plan, resources, folder, tell: json ? Output.error : Output.line)
    if dryRun {
      if json { try Output.json(BenchmarkRecord(plan, in: folder)) }
      return
    }
    let runner = try BenchmarkRunner(
      plan, in: folder, executor: executor, resources: resources, observer: display.show,
      shouldStop: { Signals.stopRequested })
    let summary = try runner.run()
    display.finish()
    if json { try Output.json(BenchmarkRecord.read(folder)) } else { display.show(summary, folder) }
    if summary.isStopped, !summary.isComplete { throw BenchmarkError(.stopped, "stopped") }
    if !summary.failed.isEmpty { throw ExitCode.failure }
  }
}

extension LabelSelection {
  /// `axis=label,label`, as validated.
  fileprivate init(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    self.init(axis: parts[0], labels: parts[1].split(separator: ",").map(String.init))
  }
}
