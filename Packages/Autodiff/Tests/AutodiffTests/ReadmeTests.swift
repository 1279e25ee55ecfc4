import Autodiff
import Foundation
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
