import Benchmarks
import Foundation
import Testing
import Training

/// `zeroth benchmark` on the committed model: the program itself runs the cells.
@Suite(.workplace) struct BenchmarkTests {
  /// Two by two, twelve steps each.
  private static func grid(_ changes: String = "") -> String {
    """
    base:
      model: \(Project.stories.path)
      data: \(Project.sentiment.path)
      train_examples: 16
      dev_examples: 8
      test_examples: 8
      batch_size: 4
      max_length: 128
      learning_rate: 1e-4
      checkpoint_every: 2
      threads: 1
    axes:
      optimizer: [zo-sgd, fo-sgd]
      scheme: [full, lora]
    budget: {forwards: 24}
    evaluations: 2
    \(changes)
    """
  }

  private static let names = ["zo-sgd_full_seed0", "zo-sgd_lora_seed0", "fo-sgd_full_seed0", "fo-sgd_lora_seed0"]

  /// What must not depend on how often a benchmark was stopped.
  private func findings(_ folder: URL) throws -> [String: String] {
    let record = try #require(try BenchmarkRecord.read(BenchmarkFolder(folder)))
    return try Dictionary(
      uniqueKeysWithValues: record.cells.filter { $0.state == .done }.map { cell in
        let file = folder.appending(path: cell.folder).appending(path: "result.json")
        let result = try JSONDecoder().decode(RunResult.self, from: Data(contentsOf: file))
        return (cell.name, "\(result.steps) \(result.bestStep) \(result.finalParameters) \(result.testPredictions)")
      })
  }

  @Test func everythingIsRunAndOnlyOnce() throws {
    let place = try Workplace()
    let grid = try place.write(Self.grid(), to: "grid.yaml"), folder = place("out")
    let output = try Program.succeed("benchmark", grid.path, "--output", folder.path, "--jobs", "2")
    for name in Self.names { expect(output.err, mentions: "\(name) begins", "\(name) is done") }
    expect(output.out, mentions: "4 done")
    let found = try findings(folder)
    #expect(found.keys.sorted() == Self.names.sorted())
    // 24 forwards are 12 steps of two losses, and 8 of a loss and a gradient.
    #expect(found["zo-sgd_full_seed0"]?.hasPrefix("12 ") == true && found["fo-sgd_lora_seed0"]?.hasPrefix("8 ") == true)
    let untouched = BenchmarkFolder(folder).untouched
    #expect(try FileManager.default.contentsOfDirectory(atPath: untouched.path).count == 1)
    let written = try FileManager.default.attributesOfItem(
      atPath: folder.appending(path: "cells/fo-sgd_full_seed0/result.json").path)
    let again = try Program.succeed("benchmark", grid.path, "--output", folder.path)
    #expect(!again.err.contains("begins"))
    expect(again.out, mentions: "4 done")
    let still = try FileManager.default.attributesOfItem(
      atPath: folder.appending(path: "cells/fo-sgd_full_seed0/result.json").path)
    #expect(written[.modificationDate] as? Date == still[.modificationDate] as? Date)
  }

  /// Killed without warning, its run is an orphan that goes on; stopped by a signal, its run makes a checkpoint. Either
  /// way the same is found in the end.
  @Test(arguments: [SIGKILL, SIGTERM])
  func stoppedAndGoneOnFindsTheSame(signal: Int32) throws {
    let place = try Workplace()
    let grid = try place.write(Self.grid(), to: "grid.yaml"), folder = place("broken")
    _ = try Program.succeed("benchmark", grid.path, "--output", place("whole").path)
    let running = try Program.Running(["benchmark", grid.path, "--output", folder.path])
    try running.signal(signal, whenLinesOf: folder.appending(path: "cells/zo-sgd_lora_seed0/metrics.jsonl"), reach: 3)
    let stopped = try running.wait()
    #expect(stopped.status == (signal == SIGKILL ? -SIGKILL : 75), "\(stopped.err)")
    let output = try Program.succeed("benchmark", grid.path, "--output", folder.path)
    #expect(!output.err.contains("zo-sgd_full_seed0 begins"))
    #expect(try findings(folder) == findings(place("whole")))
  }

  @Test func settingsAreSearchedOnDev() throws {
    let place = try Workplace()
    let search = """
      search: {method: halving, eta: 2, seed: 3}
      rules:
        - when: {optimizer: zo-sgd, scheme: lora}
          search: {learning_rate: [1e-6, 1e-2]}
      """
    let grid = try place.write(Self.grid(search), to: "grid.yaml"), folder = place("out")
    let output = try Program.succeed(
      "benchmark", grid.path, "--output", folder.path, "--only", "scheme=lora", "--only", "optimizer=zo-sgd")
    expect(output.out, mentions: "2 settings, 6 steps")
    let record = try #require(try BenchmarkRecord.read(BenchmarkFolder(folder)))
    #expect(
      record.cells.map(\.state).sorted { $0.rawValue < $1.rawValue } == [.done, .done, .dropped],
      "\(record.cells.compactMap(\.message)) \(output.err)")
    let combination = record.combinations[0]
    #expect(combination.searchSteps == 6 + 6 && combination.searchForwards == 24)
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: record.cells[2].folder).path)
    #expect(kept.contains("best") && !kept.contains { $0.hasPrefix("checkpoint-") })
    let chosen = try #require(combination.chosen?["learning_rate"])
    let final = try RunFolder.storedRecipe(in: RunFolder(folder.appending(path: record.cells[2].folder)))
    #expect(Double(chosen).map(Float.init) == final.learningRate.peak && final.testExamples == 8)
    // No trial has seen a held-out example.
    for cell in record.cells.prefix(2) {
      let run = RunFolder(folder.appending(path: cell.folder))
      #expect(try RunFolder.storedRecipe(in: run).testExamples == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: run.url.path)
      #expect(names.contains("ledger.zl") && !names.contains { $0 == "best" || $0.hasPrefix("checkpoint-") })
      if let result = try? JSONDecoder().decode(RunResult.self, from: Data(contentsOf: run.result)) {
        #expect(result.testPredictions.isEmpty && result.testAfter.count == 0)
      }
    }
  }

  @Test func divergenceIsAResult() throws {
    let place = try Workplace()
    let rules = "rules: [{when: {optimizer: zo-sgd}, set: {learning_rate: 1, zo-sgd.weight_decay: 1000}}]\n"
    let grid = try place.write(Self.grid(rules), to: "grid.yaml"), folder = place("out")
    let output = try Program.succeed("benchmark", grid.path, "--output", folder.path, "--only", "scheme=full")
    expect(output.out, mentions: "1 done, 1 diverged")
    let record = try #require(try BenchmarkRecord.read(BenchmarkFolder(folder)))
    #expect(record.cells[0].state == .diverged && record.cells[0].stepsDone > 0)
    expect(record.cells[0].message, mentions: "lower the learning rate")
  }

  @Test func aGridThatIsWrongStartsNothing() throws {
    let place = try Workplace()
    let grid = try place.write(
      Self.grid("rules: [{when: {optimizer: zo-sdg}, set: {learnig_rate: 1}}]\nseds: [0]"), to: "grid.yaml")
    let output = try Program.run("benchmark", grid.path, "--output", place("out").path)
    #expect(output.status == 64)
    expect(
      output.err, mentions: "3 problems", "'zo-sdg'. Did you mean 'zo-sgd'?", "'seds'. Did you mean 'seeds'?",
      "grid.yaml:17")
    #expect(!FileManager.default.fileExists(atPath: place("out").path))
    // What only the model or the data can tell is told before the first run too.
    let data = try place.write(
      Self.grid().replacingOccurrences(of: Project.sentiment.path, with: place("nothing.zip").path), to: "data.yaml")
    let missing = try Program.run("benchmark", data.path, "--output", place("out").path)
    #expect(missing.status == 64)
    expect(missing.err, mentions: "nothing.zip")
    #expect(!FileManager.default.fileExists(atPath: place("out/cells/zo-sgd_full_seed0").path))
  }

  @Test func runsAreNotMixed() throws {
    let place = try Workplace()
    let grid = try place.write(Self.grid(), to: "grid.yaml"), folder = place("out")
    let only = ["--only", "scheme=lora", "--only", "optimizer=fo-sgd"]
    let arguments = ["benchmark", grid.path, "--output", folder.path] + only
    #expect(try Program.Running(arguments).wait().status == 0)
    let output = try Program.Running(arguments + ["--set", "batch_size=2"]).wait()
    #expect(output.status == 1)
    expect(output.err, mentions: "fo-sgd_lora_seed0 holds a run of another recipe (batch_size: 4)")
  }

  @Test func whatItWillTakeIsToldBeforehand() throws {
    let place = try Workplace()
    let grid = try place.write(Self.grid(), to: "grid.yaml")
    let output = try Program.succeed("benchmark", grid.path, "--output", place("out").path, "--dry-run")
    expect(output.out, mentions: "zo-sgd_full", "fo-sgd_lora", "96 forwards", "at once")
    #expect(try FileManager.default.contentsOfDirectory(atPath: place("out/cells").path).isEmpty)
    let list = try Program.succeed("benchmark", grid.path, "--list")
    expect(list.out, mentions: "zo-sgd_full", "24 forwards", "seeds 0")
    let mistaken = try Program.run("benchmark", grid.path, "--list", "--json")
    #expect(mistaken.status == 64)
    expect(mistaken.err, mentions: "--dry-run --json")
    // For programs: the record as it stands, and what people read aside.
    let json = try Program.succeed("benchmark", grid.path, "--output", place("out").path, "--dry-run", "--json")
    let record = try JSONDecoder().decode(BenchmarkRecord.self, from: Data(json.out.utf8))
    #expect(record.cells.map(\.name).sorted() == Self.names.sorted())
    #expect(record.cells.allSatisfy { $0.state == .pending } && record.combinations.map(\.steps) == [12, 12, 8, 8])
    expect(json.err, mentions: "96 forwards", "at once")
  }
}

/// Grids of the project are such as the program takes, and say first how to run them.
@Suite struct CommittedGridTests {
  static let files = ["zo-llm", "small"].flatMap { folder -> [String] in
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Project.file("Recipes/\(folder)").path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
  }

  @Test func thereAreGrids() {
    #expect(Set(Self.files).isSuperset(of: ["zo-llm/sst2-opt-1.3b.yaml", "zo-llm/mezo-opt.yaml", "small/sst2.yaml"]))
  }

  /// Neither weights nor data are there for most of them, and none are needed.
  @Test(arguments: files) func gridExpands(name: String) throws {
    let file = Project.file("Recipes/\(name)")
    let expansion = try Grid(contentsOf: file).expand(
      components: Plugins.host().components, tasks: ExampleSet.taskNames())
    #expect(expansion.combinations.allSatisfy { $0.exclusion == nil })
    #expect(expansion.included.contains { $0.settingCount > 1 }, "nothing is searched")
    let first = try String(contentsOf: file, encoding: .utf8).prefix { $0 != "\n" }
    #expect(first.contains("zeroth benchmark Recipes/\(name)"))
  }

  /// Every cell of the paper's sweeps has the values of its sweep file.
  @Test(arguments: [
    ("sst2-opt-1.3b", "zo-sgd_full", 5 * 3), ("sst2-opt-1.3b", "zo-sgd-sign_prompt", 3 * 2),
    ("sst2-opt-1.3b", "zo-sgd-mmt_prefix", 3), ("sst2-opt-1.3b", "zo-adam_lora", 3 * 4),
    ("sst2-opt-1.3b", "forward-grad_prefix", 3), ("sst2-opt-1.3b", "fo-adam_prompt", 2),
    ("copa-opt-13b", "zo-sgd_full", 5 * 3), ("copa-opt-13b", "zo-sgd-cons_lora", 6 * 2),
    ("copa-llama-2", "zo-sgd_full", 4 * 3), ("copa-llama-2", "zo-adam_lora", 4 * 2),
    ("copa-vicuna-mistral", "zo-sgd-mmt_prefix", 5 * 3), ("winogrande", "forward-grad_prompt", 5),
    ("mezo-opt", "squad_mezo-prefix", 3), ("mezo-opt", "rte_mezo", 2),
  ])
  func settingsAreThePublishedOnes(grid: String, combination: String, count: Int) throws {
    let expansion = try Grid(contentsOf: Project.file("Recipes/zo-llm/\(grid).yaml")).expand(
      components: Plugins.host().components, tasks: ExampleSet.taskNames())
    #expect(expansion.combinations.first { $0.name == combination }?.settingCount == count)
  }
}
