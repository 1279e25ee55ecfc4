import Autodiff
import TensorCore
import Testing
import TuningCore

/// Logits of a batch never exist at once, neither forwards nor on the way back.
@Suite struct LogitMemoryTests {
  private static let rows = 12, width = 4

  /// Cross-entropy of rows of a table, each with a target of its own.
  private struct CrossEntropy: Operation {
    func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
      let table = p.require("w"), words = table.tensor.rowCount
      let targets = (0..<rows).map { PackedBatch.Target(row: $0, token: Int32($0 * 851 % words)) }
      return e.logProbabilities(e.matrix("x", p), table: table, bias: nil, targets: targets)
    }
  }

  private static func parameters(words: Int, _ dtype: DType) throws -> ParameterSet {
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
  private static func reverse(words: Int, _ dtype: DType) throws -> Int {
    let parameters = try parameters(words: words, dtype), eager = EagerEvaluator(threads: Threads(2))
    let sums = try GradientSums(for: parameters), tape = Tape(eager, into: sums)
    let out = CrossEntropy().apply(parameters, tape)
    let slopes = eager.zeros(rows: rows, columns: 1)
    slopes.mutableFloats.update(repeating: 1, count: rows)
    tape.backward(from: out, slopes: slopes)
    #expect(sums.tensors.values.allSatisfy { $0.values.contains { $0 != 0 } })
    return eager.workspace.peakBytes
  }

  private static func forward(words: Int, _ dtype: DType) throws -> Int {
    let parameters = try parameters(words: words, dtype), eager = EagerEvaluator(threads: Threads(2))
    let out = CrossEntropy().apply(parameters, Dual(eager, along: [Direction(seed: 1), Direction(seed: 2)]))
    #expect(out.tangents?.allSatisfy { $0.floats().contains { $0 != 0 } } == true)
    return eager.workspace.peakBytes
  }

  /// Five times the words take no byte more: what is held is a stretch of them.
  @Test(arguments: [DType.float32, .bfloat16])
  func moreWordsTakeNoMoreMemory(_ dtype: DType) throws {
    for peak in [LogitMemoryTests.reverse, LogitMemoryTests.forward] {
      let few = try peak(8_192, dtype), many = try peak(40_960, dtype)
      #expect(few == many)
      #expect(many < 4 * LogitMemoryTests.rows * 40_960 / 3)
    }
  }
}
