import Foundation
import Testing

@testable import Benchmarks
import Evaluation
@testable import Training

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    let temporary = try TemporaryFolder(), folder = temporary.url, components = try sampleComponents()
    let benchmark = BenchmarkFolder(folder), executor = ScriptedExecutor()
    let survey = { (_: Combination, recipe: ResolvedRecipe) in try RunSurvey.sample(of: recipe) }
    // README-BEGIN
    let grid = try Grid(
      yaml: """
        base: {model: SmolLM2, data: SST-2.zip}
        axes: {optimizer: [zo-sgd, fo-sgd], scheme: [full, lora]}
        seeds: [0, 1, 2]
        budget: {forwards: 1200}
        search: {method: halving, eta: 3}
        rules:
          - search: {learning_rate: [1e-5, 1e-4, 1e-3]}
          - when: {optimizer: fo-sgd, scheme: full}
            exclude: its gradient does not fit
        """, folder: folder)
    let expansion = try grid.expand(components: components, tasks: ["sst2"])

    let plan = try BenchmarkPlan(
      expansion, in: benchmark, threads: 1, components: components, tasks: ["sst2"], survey: survey,
      seconds: { _, _ in nil })
    let runner = try BenchmarkRunner(
      plan, in: benchmark, executor: executor, resources: .init(jobs: 2, memoryBytes: MemoryMeter.availableBytes))
    let summary = try runner.run()
    // README-END
    // Three combinations: three settings tried, of which one goes on, and three seeds of it.
    #expect(summary.isComplete && summary.done == 3 * (1 + 3) && summary.dropped == 3 * 2)
  }
}
