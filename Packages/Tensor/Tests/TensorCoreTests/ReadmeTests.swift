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
}
