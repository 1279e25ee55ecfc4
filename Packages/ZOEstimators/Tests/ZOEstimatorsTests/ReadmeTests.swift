import TensorCore
import Testing
import TuningCore
import ZOEstimators

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    let golden = try Golden.load(), parameters = try golden.parameterSet(), batches = try emptyBatch()
    let oracle = ToyOracle(parameters, of: golden.quadratic.loss)
    let before = golden.quadratic.loss(parameters.elements.map(Double.init))
    // README-BEGIN
    let estimator = RandomizedGradientEstimator(epsilon: 1e-3, queries: 4, law: .sphere)
    let optimizer = ZOAdam(estimator: estimator, adam: Adam(weightDecay: WeightDecay(0.01)))
    let state = try OptimizerState(rule: optimizer.rule, for: parameters)
    let schedule = LearningRateSchedule(shape: .cosine, peak: 0.02, total: 200)
    let seeds = SeedSequence(runSeed: 42)
    for step in 0..<schedule.total {
      let context = StepContext(step: step, learningRate: schedule.rate(at: step), seeds: seeds)
      let outcome = try optimizer.step(context, on: batches, oracle: oracle)
      parameters.apply(outcome.update, step: step, state: state, threads: .available)
    }
    print("\(oracle.queryCount) losses asked, \(state.byteCount) bytes kept")
    // README-END
    #expect(oracle.queryCount == 1600 && state.byteCount == 8 * 17)
    #expect(golden.quadratic.loss(parameters.elements.map(Double.init)) < before - 5)
  }
}
