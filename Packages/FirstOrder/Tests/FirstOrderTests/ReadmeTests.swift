import FirstOrder
import TensorCore
import Testing
import TuningCore

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    let oracle = try QuadraticOracle(), batches = [try PackedBatch([])]
    let before = oracle.loss(oracle.values)
    // README-BEGIN
    let optimizer = FOAdamW(
      adam: Adam(weightDecay: WeightDecay(0.01)), clipping: GradientClipping(greatestNorm: 1))
    let parameters = oracle.parameters
    let state = try OptimizerState(rule: optimizer.rule, for: parameters)
    let schedule = LearningRateSchedule(shape: .linear, peak: 0.1, warmup: 10, total: 100)
    for step in 0..<schedule.total {
      let context = StepContext(
        step: step, learningRate: schedule.rate(at: step), seeds: SeedSequence(runSeed: 42))
      let outcome = try optimizer.step(context, on: batches, oracle: oracle)
      parameters.apply(outcome.update, step: step, state: state, threads: .available)
    }
    print("\(oracle.gradientCount) gradients asked, \(state.byteCount) bytes kept")
    // README-END
    #expect(oracle.gradientCount == 100 && state.byteCount == 8 * 8)
    #expect(oracle.loss(oracle.values) < before - 5)
  }
}
