import Foundation
import Testing

@testable import Benchmarks
@testable import Training

@Suite struct RunnerTests {
  private static let pairs = """
    base: {model: m, data: d, steps: 10, evaluate_every: 5}
    axes: {optimizer: [zo-sgd, fo-sgd]}
    seeds: [0, 1]
    """
  private static let names = ["zo-sgd_seed0", "zo-sgd_seed1", "fo-sgd_seed0", "fo-sgd_seed1"]

  /// One session of a benchmark.
  @discardableResult
  private func session(
    _ yaml: String = pairs, in folder: URL, _ executor: ScriptedExecutor, jobs: Int = 1, memory: Int? = nil,
    stop: @escaping (ScriptedExecutor) -> Bool = { _ in false }, hear: @escaping (BenchmarkEvent) -> Void = { _ in }
  ) throws -> (summary: BenchmarkSummary, record: BenchmarkRecord) {
    let folder = BenchmarkFolder(folder)
    let runner = try BenchmarkRunner(
      plan(expand(yaml), in: folder), in: folder, executor: executor,
      resources: .init(jobs: jobs, memoryBytes: memory), observer: hear, shouldStop: { stop(executor) }, pause: {})
    let summary = try runner.run()
    return (summary, try #require(try BenchmarkRecord.read(folder)))
  }

  @Test func everyCellIsRunOnce() throws {
    let temporary = try TemporaryFolder(), executor = ScriptedExecutor()
    let (summary, record) = try session(in: temporary.url, executor)
    #expect(executor.names == Self.names)
    #expect(executor.orders.allSatisfy { !$0.resumes && $0.stopAfter == nil })
    #expect(summary.done == 4 && summary.isComplete && !summary.isStopped)
    #expect(record.cells.map(\.state) == [.done, .done, .done, .done])
    #expect(record.cells[1].labels == ["optimizer": "zo-sgd", "seed": "1"])
    #expect(record.cells[1].folder == "cells/zo-sgd_seed1" && record.cells[1].recipe == "recipes/zo-sgd_seed1.yaml")
    #expect(record.axes.map(\.name) == ["optimizer", "seed"])
    // What it was told to run is what stands in the file.
    let written = try ResolvedRecipe(yaml: String(contentsOf: executor.orders[3].recipeFile, encoding: .utf8))
    #expect(written == executor.orders[3].recipe && written.optimizer == "fo-sgd" && written.seeds.runSeed == 1)
    // And again: nothing is left.
    let again = ScriptedExecutor()
    #expect(try session(in: temporary.url, again).summary.isComplete)
    #expect(again.names.isEmpty)
  }

  @Test func theRecordIsThereBeforeTheFirstRun() throws {
    let temporary = try TemporaryFolder()
    var records: [BenchmarkRecord?] = []
    let executor = ScriptedExecutor { _ in
      records.append(try? BenchmarkRecord.read(BenchmarkFolder(temporary.url)))
      return .init()
    }
    try session(in: temporary.url, executor)
    #expect(records.first??.cells.map(\.state) == [.pending, .pending, .pending, .pending])
  }

  @Test func aStoppedBenchmarkGoesOn() throws {
    let temporary = try TemporaryFolder(), executor = ScriptedExecutor { _ in .init(polls: 3) }
    let (summary, record) = try session(in: temporary.url, executor, stop: { $0.orders.count == 2 })
    #expect(summary.isStopped && summary.done == 1 && summary.left == 3)
    #expect(record.cells.map(\.state) == [.done, .stopped, .pending, .pending])
    #expect(record.cells[1].stepsDone == 1)
    let again = ScriptedExecutor()
    #expect(try session(in: temporary.url, again).summary.isComplete)
    #expect(again.names == Array(Self.names.dropFirst()))
    #expect(again.orders.map(\.resumes) == [true, false, false])
  }

  /// What is done is found in the folders; the record may be gone.
  @Test func aLostRecordCostsNothing() throws {
    let temporary = try TemporaryFolder()
    try session(in: temporary.url, ScriptedExecutor())
    try FileManager.default.removeItem(at: temporary.url.appending(path: "benchmark.json"))
    try FileManager.default.removeItem(at: temporary.url.appending(path: "cells/fo-sgd_seed0/result.json"))
    let again = ScriptedExecutor()
    #expect(try session(in: temporary.url, again).summary.isComplete)
    #expect(again.names == ["fo-sgd_seed0"] && again.orders[0].resumes)
    _ = try temporary.write("{", to: "benchmark.json")
    #expect(throws: BenchmarkError.self) { try session(in: temporary.url, ScriptedExecutor()) }
  }

  @Test func runsAreNeverMixed() throws {
    let temporary = try TemporaryFolder()
    try session(in: temporary.url, ScriptedExecutor())
    let executor = ScriptedExecutor()
    for (change, mention) in [("steps: 10", "steps: 10"), ("model: m", "model: ")] {
      let changed = Self.pairs.replacingOccurrences(of: change, with: change + "1")
      do {
        try session(changed, in: temporary.url, executor)
        Issue.record("\(change) was not refused")
      } catch let error as BenchmarkError {
        #expect(error.code == .otherRun)
        for name in Self.names { #expect(error.message.contains("cells/\(name) holds a run of another recipe")) }
        #expect(error.message.contains(mention))
      }
    }
    #expect(executor.names.isEmpty)
    // Threads change no result.
    #expect(
      try session(
        Self.pairs.replacingOccurrences(of: "model: m", with: "model: m, threads: 1"), in: temporary.url, executor
      )
      .summary.isComplete)
    #expect(executor.names.isEmpty)
  }

  /// The identity of a recipe has no places of files; a run is told from another by them all the same.
  @Test(arguments: ["adapter: %/a", "tokenizer: %/t", "task: %/task.yaml", "data: %/d"])
  func runsOfOtherFilesAreRefused(file: String) throws {
    let temporary = try TemporaryFolder()
    func grid(_ folder: String, _ changes: String) -> String {
      let data = file.hasPrefix("data") ? "" : "data: d, "
      return "base: {model: m, \(data)\(file.replacingOccurrences(of: "%", with: folder)), steps: 10, \(changes)}"
    }
    try session(grid("a", "scorer_timeout: 30"), in: temporary.url, ScriptedExecutor())
    let error = try #require(throws: BenchmarkError.self) {
      try session(grid("b", "scorer_timeout: 31"), in: temporary.url, ScriptedExecutor())
    }
    #expect(error.message.contains("another recipe (\(file.replacingOccurrences(of: "%", with: "/grids/a")))"))
    #expect(try session(grid("a", "scorer_timeout: 31"), in: temporary.url, ScriptedExecutor()).summary.isComplete)
  }

  /// A line of the log may be as long as it likes, and the last one half written.
  @Test func theLastStepIsFoundBehindLongLines() throws {
    let temporary = try TemporaryFolder(), run = RunFolder(temporary.url)
    let long = String(repeating: "0,", count: 50_000) + "0"
    _ = try temporary.write("{\"step\": 6}\n{\"step\": 7, \"a\": [\(long)]}\n{\"ste", to: run.metrics.lastPathComponent)
    #expect(run.lastStep == 7)
  }

  @Test func divergenceIsAResult() throws {
    let temporary = try TemporaryFolder()
    let executor = ScriptedExecutor { $0.recipe.optimizer == "zo-sgd" ? .init(divergesAfter: 7) : .init() }
    let (summary, record) = try session(in: temporary.url, executor)
    #expect(summary.diverged == 2 && summary.done == 2 && summary.isComplete)
    #expect(record.cells[0].state == .diverged && record.cells[0].stepsDone == 7)
    #expect(record.cells[0].message == "step 8: the loss is nan")
    let again = ScriptedExecutor()
    try session(in: temporary.url, again)
    #expect(again.names.isEmpty)
  }

  /// A run that fails stops no other, is told of, and is tried again the next time.
  @Test func aFailureStaysAlone() throws {
    let temporary = try TemporaryFolder()
    let executor = ScriptedExecutor { $0.name == "zo-sgd_seed1" ? .init(fails: "no space left") : .init() }
    let (summary, record) = try session(in: temporary.url, executor)
    #expect(executor.names == Self.names)
    #expect(summary.failed == ["zo-sgd_seed1"] && summary.done == 3 && !summary.isComplete)
    #expect(record.cells[1].state == .failed && record.cells[1].message == "no space left")
    let again = ScriptedExecutor()
    #expect(try session(in: temporary.url, again).summary.isComplete)
    #expect(again.names == ["zo-sgd_seed1"])
  }

  @Test func aStopThatNobodyAskedForIsAFailure() throws {
    let temporary = try TemporaryFolder()
    let executor = ScriptedExecutor { $0.name == "zo-sgd_seed0" ? .init(stopsAfter: 3) : .init() }
    let (summary, record) = try session(in: temporary.url, executor)
    #expect(summary.failed == ["zo-sgd_seed0"] && executor.orders.count == 4)
    #expect(record.cells[0].message?.contains("signal") == true)
  }

  @Test func jobsAndMemoryBoundWhatRunsAtOnce() throws {
    func atOnce(jobs: Int, memory: Int?) throws -> Int {
      let temporary = try TemporaryFolder(), executor = ScriptedExecutor { _ in .init(polls: 3) }
      #expect(try session(in: temporary.url, executor, jobs: jobs, memory: memory).summary.isComplete)
      return executor.atOnce
    }
    // Each is forecast to take 100 bytes.
    #expect(try atOnce(jobs: 3, memory: nil) == 3)
    #expect(try atOnce(jobs: 3, memory: 250) == 2)
    #expect(try atOnce(jobs: 3, memory: 50) == 1)
    #expect(try atOnce(jobs: 1, memory: 1000) == 1)
  }

  /// Subsets of a grid may be run one after the other; the record has all that is done.
  @Test func selectionsShareAFolder() throws {
    let temporary = try TemporaryFolder()
    func session(_ label: String) throws -> BenchmarkRecord {
      let folder = BenchmarkFolder(temporary.url), only = [LabelSelection(axis: "optimizer", labels: [label])]
      let runner = try BenchmarkRunner(
        plan(expand(Self.pairs, only: only), in: folder), in: folder, executor: ScriptedExecutor(),
        resources: .init(jobs: 1, memoryBytes: nil), pause: {})
      #expect(try runner.run().done == 2)
      return try #require(try BenchmarkRecord.read(folder))
    }
    #expect(try session("zo-sgd").cells.count == 2)
    let record = try session("fo-sgd")
    #expect(record.cells.map(\.name) == ["fo-sgd_seed0", "fo-sgd_seed1", "zo-sgd_seed0", "zo-sgd_seed1"])
    #expect(record.cells.allSatisfy { $0.state == .done })
    #expect(record.combinations.map(\.excluded) == [nil, nil])
  }

  // MARK: searching

  private static let search = """
    base: {model: m, data: d, steps: 40, test_examples: 100}
    seeds: [0, 1]
    search: {method: halving, eta: 2, seed: 5, budget: {forwards: 80}}
    rules:
      - search: {learning_rate: [1, 2, 3, 4]}
    """

  /// The higher the rate the better, but 4 falls back late.
  private static func score(_ order: RunOrder) -> ScriptedExecutor.Script {
    let rate = Double(order.recipe.learningRate.peak)
    return .init(accuracy: { rate == 4 && $0 > 20 ? 0.1 : $0 > 0 ? rate / 10 : 0 })
  }

  @Test func aSearchChoosesOnDevAndIsRunForAllSeeds() throws {
    let temporary = try TemporaryFolder()
    var chosen: [CombinationRecord] = []
    // A trial that is best at an early look keeps that score: rates 3 and 4 go on, and 4 had 0.4 at step 10.
    let executor = ScriptedExecutor(Self.score)
    let (summary, record) = try session(
      Self.search, in: temporary.url, executor,
      hear: { event in
        if case .chosen(let combination) = event { chosen.append(combination) }
      })
    #expect(
      executor.names == [
        "grid_trial1", "grid_trial2", "grid_trial3", "grid_trial4", "grid_trial3", "grid_trial4", "grid_seed0",
        "grid_seed1",
      ])
    #expect(executor.orders.map(\.stopAfter) == [10, 10, 10, 10, 20, 20, nil, nil])
    #expect(executor.orders.map(\.resumes) == [false, false, false, false, true, true, false, false])
    for order in executor.orders.prefix(6) {
      #expect(order.recipe.testExamples == 0 && order.recipe.seeds.runSeed == 5 && order.recipe.evaluateEvery == 10)
      #expect(order.recipe.steps == 40 && order.folder.url.path.contains("/search/"))
    }
    for order in executor.orders.suffix(2) {
      #expect(order.recipe.testExamples == 100 && order.recipe.learningRate.peak == 4)
    }
    #expect(summary.isComplete && summary.done == 3 && summary.dropped == 3)
    #expect(record.cells.map(\.state) == [.dropped, .dropped, .dropped, .done, .done, .done])
    #expect(record.cells.map(\.phase) == [.search, .search, .search, .search, .final, .final])
    #expect(record.cells[5].setting == ["learning_rate": "4"])
    #expect(record.cells[0].labels == ["seed": "5"])
    let combination = record.combinations[0]
    #expect(combination.chosen == ["learning_rate": "4"] && chosen.map(\.name) == ["grid"])
    #expect(combination.searchSteps == 10 + 10 + 20 + 20 && combination.searchForwards == 120)
    let plan = try plan(expand(Self.search), in: BenchmarkFolder(temporary.url))
    #expect(plan.combinations[0].searchForwards == 120)
  }

  /// A trial's score can be read before its process has ended; it is judged when it has.
  @Test func trialsAreJudgedWhenTheyHaveEnded() throws {
    let temporary = try TemporaryFolder()
    let executor = ScriptedExecutor { order in
      var script = Self.score(order)
      script.lingers = order.name == "grid_trial3" && order.stopAfter == 20 ? 5 : 0
      return script
    }
    let (summary, record) = try session(Self.search, in: temporary.url, executor, jobs: 4)
    #expect(summary.isComplete)
    #expect(record.cells.map(\.state) == [.dropped, .dropped, .dropped, .done, .done, .done])
    #expect(record.combinations[0].searchSteps == 10 + 10 + 20 + 20)
  }

  /// Stopped after every few runs, it decides as if it had never stopped.
  @Test func aStoppedSearchDecidesAlike() throws {
    let temporary = try TemporaryFolder(), whole = try TemporaryFolder()
    try session(Self.search, in: whole.url, ScriptedExecutor(Self.score))
    var sessions = 0
    while sessions < 40 {
      sessions += 1
      let executor = ScriptedExecutor(Self.score)
      if try session(Self.search, in: temporary.url, executor, stop: { $0.orders.count == 3 }).summary.isComplete {
        break
      }
    }
    let a = try #require(try BenchmarkRecord.read(BenchmarkFolder(temporary.url)))
    let b = try #require(try BenchmarkRecord.read(BenchmarkFolder(whole.url)))
    #expect(sessions > 2 && a == b)
  }

  @Test func aSearchWithoutHopeIsADivergence() throws {
    let temporary = try TemporaryFolder()
    let executor = ScriptedExecutor { _ in .init(divergesAfter: 2) }
    let (summary, record) = try session(Self.search, in: temporary.url, executor)
    #expect(executor.orders.count == 4 && summary.diverged == 6 && summary.isComplete)
    #expect(record.cells[5].message == "every setting of the search diverged")
  }

  /// No setting is chosen while one of them has not been tried.
  @Test func aFailedTrialHoldsTheSearch() throws {
    let temporary = try TemporaryFolder()
    let executor = ScriptedExecutor { $0.name == "grid_trial1" ? .init(fails: "out of memory") : Self.score($0) }
    let (summary, _) = try session(Self.search, in: temporary.url, executor)
    #expect(summary.failed == ["grid_trial1"] && executor.orders.count == 4)
    let again = ScriptedExecutor(Self.score)
    #expect(try session(Self.search, in: temporary.url, again).summary.isComplete)
  }

  /// Final runs of another setting than the one that is chosen now are not taken for its.
  @Test func finalRunsOfAnotherSettingAreRefused() throws {
    let temporary = try TemporaryFolder()
    try session(Self.search, in: temporary.url, ScriptedExecutor(Self.score))
    try FileManager.default.removeItem(at: temporary.url.appending(path: "search"))
    let executor = ScriptedExecutor { _ in .init() }
    let (summary, record) = try session(Self.search, in: temporary.url, executor)
    #expect(summary.failed == ["grid_seed0", "grid_seed1"])
    #expect(record.cells[4].message?.contains("holds a run of another recipe (learning_rate: 4") == true)
  }
}
