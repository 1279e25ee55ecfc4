import Autodiff
import TensorCore
import Testing
import TuningCore

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    let state = try TinyModel.state(), batch = try TinyModel.batch()
    // README-BEGIN
    let oracle = ExactOracle(EagerOracle(model: TinyModel(), state: state, objective: .classification))
    for _ in 0..<100 {
      let gradient = try oracle.gradient(on: batch)
      for (path, slopes) in gradient.tensors {
        let weights = state.parameters.require(path).tensor.mutableFloats
        for i in weights.indices { weights[i] -= 0.1 * slopes.floats[i] }
      }
    }
    let (loss, slopes) = try oracle.directionalDerivatives(along: [Direction(seed: 1)], on: batch)
    // README-END
    #expect(loss < 0.2 && slopes.count == 1)
  }
}
