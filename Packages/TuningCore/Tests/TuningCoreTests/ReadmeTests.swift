import TensorCore
import Testing
import TuningCore

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    let state = try ToyModel.state()
    // README-BEGIN
    let oracle = EagerOracle(model: ToyModel(), state: state, objective: .classification)
    let batch = try PackedBatch([ScoringRequest(prompt: [3, 14, 15], continuations: [[9], [26, 5]], gold: 1)])
    let seeds = SeedSequence(runSeed: 42), epsilon: Float = 1e-3
    for step in 0..<200 {
      let z = Direction(seed: seeds.seed(.direction, step: step))
      let losses = try oracle.losses(
        at: [Displacement([Term(epsilon, z)]), Displacement([Term(-epsilon, z)])], on: batch)
      let slope = (losses[0] - losses[1]) / (2 * epsilon)
      state.parameters.apply(Move([Term(-1e-3 * slope, z)]), threads: .available)
    }
    // README-END
    let before = try EagerOracle(
      model: ToyModel(), state: try ToyModel.state(), objective: .classification
    ).losses(at: [.none], on: batch)[0]
    #expect(try oracle.losses(at: [.none], on: batch)[0] < 0.7 * before)
  }
}
