import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// Every optimizer, step by step, against float64 from the papers' formulas.
@Suite struct ReferenceTests {
  private static let golden = try? Golden.load()
  private static let count = golden?.cases.count ?? 0

  @Test func thereAreCasesOfEveryOptimizer() throws {
    let cases = try #require(Self.golden).cases
    #expect(try Set(cases.map(\.optimizer)) == Set(Optimizers.registry().names))
    #expect(cases.allSatisfy { $0.thetas.count == 12 })
    #expect(Set(cases.flatMap(\.choices)) == [-1, 0, 1], "the conservative one does all that it can")
  }

  @Test(arguments: 0..<count) func agreesStepByStep(_ number: Int) throws {
    let golden = try #require(Self.golden), expected = golden.cases[number]
    let parameters = try golden.parameterSet()
    let oracle = ToyOracle(parameters, of: golden.function(expected.function))
    var optimizer = try Optimizers.registry().make(expected.optimizer, options: expected.options)
    let state = try OptimizerState(rule: optimizer.rule, for: parameters)
    for (step, (theta, loss)) in zip(expected.thetas, expected.losses).enumerated() {
      let rate = expected.rates.rate(at: step)
      let context = StepContext.test(step: step, learningRate: rate, seed: expected.seed)
      let outcome = try optimizer.step(context, on: emptyBatch(), oracle: oracle)
      parameters.apply(outcome.update, step: step, state: state, threads: Threads(1))
      let bound = 2e-5 * (theta.map { abs($0) }.max() ?? 0)
      let worst = zip(parameters.elements, theta).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(worst <= bound, "\(expected.optimizer) \(expected.options), step \(step): off by \(worst)")
      #expect(abs(Double(outcome.loss) - loss) <= 1e-5 * max(1, abs(loss)), "the loss told at step \(step)")
    }
    #expect(parameters["frozen.weight"]?.tensor.values == [1, 2, 3])
  }
}
