import Autodiff
import TensorCore
import Testing
import TuningCore

/// Logits of a batch never exist at once, neither forwards nor on the way back.
@Suite struct LogitMemoryTests {
  private static let width = 4

  /// Cross-entropy of rows of a table, each with a target of its own.
  private struct CrossEntropy: Operation {
    let rows: Int

    func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
      let table = p.require("w"), words = table.tensor.rowCount
      let targets = (0..<rows).map { PackedBatch.Target(row: $0, token: Int32($0 * 851 % words)) }
      return e.logProbabilities(e.matrix("x", p), table: table, bias: nil, targets: targets)
    }
  }

  private static func parameters(rows: Int, words: Int, _ dtype: DType) throws -> ParameterSet {
    var set = ParameterSet()
    for (path, count, dtype) in [("x", rows, DType.float32), ("w", words, dtype)] {
      var values = [Float](repeating: 0, count: count * width)
      values.withUnsafeMutableBufferPointer {
        AddressedNoise.fill($0, law: .gaussian, seed: 1, pathHash: UInt64(count), start: 0)
      }
      set.append(
        Parameter(
          path: ParameterPath(path), tensor: try Tensor(values, shape: [count, width], dtype: dtype), role: .linear,
          isTrainable: true))
    }
    return set
  }

  /// Bytes that the activations of a forward and back were in at most.
  private static func reverse(rows: Int, words: Int, _ dtype: DType) throws -> Int {
    let parameters = try parameters(rows: rows, words: words, dtype), eager = EagerEvaluator(threads: Threads(2))
    let sums = try GradientSums(for: parameters), tape = Tape(eager, into: sums)
    let out = CrossEntropy(rows: rows).apply(parameters, tape)
    let slopes = eager.zeros(rows: rows, columns: 1)
    slopes.mutableFloats.update(repeating: 1, count: rows)
    tape.backward(from: out, slopes: slopes)
    #expect(sums.tensors.values.allSatisfy { $0.values.contains { $0 != 0 } })
    return eager.workspace.peakBytes
  }

  private static func forward(rows: Int, words: Int, _ dtype: DType) throws -> Int {
    let parameters = try parameters(rows: rows, words: words, dtype), eager = EagerEvaluator(threads: Threads(2))
    let out = CrossEntropy(rows: rows).apply(parameters, Dual(eager, along: [Direction(seed: 1), Direction(seed: 2)]))
    #expect(out.tangents?.allSatisfy { $0.floats().contains { $0 != 0 } } == true)
    return eager.workspace.peakBytes
  }

  /// More words take no byte more forwards, where sums of them stay.
  @Test(arguments: [DType.float32, .bfloat16])
  func forwardsMoreWordsTakeNoMoreMemory(_ dtype: DType) throws {
    let few = try LogitMemoryTests.forward(rows: 12, words: 8_192, dtype)
    #expect(try LogitMemoryTests.forward(rows: 12, words: 40_960, dtype) == few)
  }

  /// On the way back there are 64 MiB of whole rows at most, and a little beside them.
  @Test(arguments: [DType.float32, .bfloat16])
  func onTheWayBackLogitsAreSomeRowsAtATime(_ dtype: DType) throws {
    for words in [70_000, 140_000] {
      let peak = try LogitMemoryTests.reverse(rows: 384, words: words, dtype)
      #expect(peak < 72 << 20 && peak < 4 * 384 * words)
    }
  }
}
