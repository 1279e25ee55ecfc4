import Foundation
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

  /// The README shows the lines above, word for word.
  @Test func readmeShowsTheExample() throws {
    let here = URL(filePath: #filePath)
    let readme = here.deletingLastPathComponent().appending(path: "../../README.md").standardized
    let shown = try #require(String(contentsOf: readme, encoding: .utf8).firstMatch(of: /```swift\n((?s).*?)```/)?.1)
    let source = try String(contentsOf: here, encoding: .utf8)
    let run = try #require(source.firstMatch(of: /README-BEGIN\n((?s).*?) *\/\/ README-END/)?.1)
    func lines(_ text: Substring) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }
    #expect(lines(shown) == lines(run))
  }
}
