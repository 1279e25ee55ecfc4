import Foundation
import TensorCore
import Testing

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    // README-BEGIN
    let weight = try Tensor(zeros: [4, 3], dtype: .bfloat16)
    let path = AddressedNoise.hash(ofPath: "model.layers.0.mlp.up_proj.weight")
    var z = [Float](repeating: 0, count: weight.count)
    z.withUnsafeMutableBufferPointer {
      AddressedNoise.fill($0, law: .gaussian, seed: 42, pathHash: path, start: 0)
    }
    z.withUnsafeBufferPointer { weight.storeStochastically($0, at: 0, seed: 7, pathHash: path) }
    let lastRows = weight.rows(2..<4)
    print(lastRows.shape, lastRows.values)
    // README-END
    let error = zip(lastRows.values, z[6...]).map { abs($0 - $1) / abs($1) }.max() ?? 1
    #expect(error > 0 && error < 1.0 / 128)
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
