import PEFT
import TensorCore
import Testing
import TuningCore

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    var state = try ToyModel.state()
    let model = ToyModel(), batch = try ToyModel.batch()
    let before = try ToyModel.oracle(state).losses(at: [.none], on: batch)[0]
    // README-BEGIN
    let scheme = LoRA(rank: 4, alpha: 8, targets: ["q_proj", "v_proj"], blocks: 1...2)
    let seeds = SeedSequence(runSeed: 42)
    try scheme.attach(to: &state, of: model, seeds: seeds)
    let oracle = EagerOracle(model: model, state: state, objective: .languageModel)
    for step in 0..<200 {
      let z = Direction(seed: seeds.seed(.direction, step: step))
      let pair = [Displacement([Term(0.01, z)]), Displacement([Term(-0.01, z)])]
      let losses = try oracle.losses(at: pair, on: batch)
      state.parameters.apply(Move([Term(-3 * (losses[0] - losses[1]), z)]), threads: .available)
    }
    try scheme.merge(into: &state)
    // README-END
    let after = try ToyModel.oracle(state).losses(at: [.none], on: batch)[0]
    #expect(after < before - 0.3 && state.adapters.isEmpty)
  }
}
