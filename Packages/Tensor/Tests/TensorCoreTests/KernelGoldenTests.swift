import Foundation
import TensorCore
import Testing

/// Rows as torch and transformers compute them, by References/kernels/reference.py.
private struct Goldens: Decodable {
  struct Operation: Decodable {
    let x: [Float]
    let weight, bias, cosines, sines: [Float]?
    let epsilon: Float?
    let out: [Double]
  }
  struct Rounding: Decodable {
    let x: [Float]
    let float16, bfloat16: [UInt16]

    enum CodingKeys: String, CodingKey {
      case x
      case float16 = "F16"
      case bfloat16 = "BF16"
    }
  }

  let rmsNorm, layerNorm, siluMultiply, rotary, logSoftmax: Operation
  /// By every name that transformers knows the function by.
  let activations: [String: Operation]
  let rounding: Rounding

  enum CodingKeys: String, CodingKey {
    case rmsNorm = "rms_norm"
    case layerNorm = "layer_norm"
    case siluMultiply = "silu_multiply"
    case logSoftmax = "log_softmax"
    case rotary, rounding, activations
  }

  static func load() throws -> Goldens {
    let file = try #require(Bundle.module.url(forResource: "kernels", withExtension: "json", subdirectory: "Goldens"))
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
  }
}

@Suite struct KernelGoldenTests {
  private func expectClose(_ got: [Float], _ expected: [Double], _ what: String) {
    let bound = 1e-6 * (expected.map { abs($0) }.max() ?? 0)
    let wrong = zip(got, expected).filter { !(abs(Double($0) - $1) <= bound) }
    #expect(got.count == expected.count && wrong.isEmpty, "\(what)")
  }

  @Test func rmsNormIsLlamas() throws {
    let golden = try Goldens.load().rmsNorm, weight = try #require(golden.weight)
    let epsilon = try #require(golden.epsilon), columns = weight.count, rows = golden.x.count / columns
    let out = rowValues(golden.x.count) {
      RowOperations.rmsNorm(rows: rows, columns: columns, x: golden.x, weight: weight, epsilon: epsilon, out: $0)
    }
    expectClose(out, golden.out, "rms_norm")
  }

  @Test func layerNormIsTorchs() throws {
    let golden = try Goldens.load().layerNorm, weight = try #require(golden.weight)
    let epsilon = try #require(golden.epsilon), columns = weight.count, rows = golden.x.count / columns
    let bias = try #require(golden.bias)
    let out = rowValues(golden.x.count) {
      RowOperations.layerNorm(
        rows: rows, columns: columns, x: golden.x, weight: weight, bias: bias, epsilon: epsilon, out: $0)
    }
    expectClose(out, golden.out, "layer_norm")
  }

  @Test func activationsAreTransformers() throws {
    let goldens = try Goldens.load().activations
    #expect(goldens.keys.sorted() == Activation.names)
    for (name, golden) in goldens {
      let activation = try #require(Activation(named: name))
      let out = rowValues(golden.x.count) {
        RowOperations.activate(activation, count: golden.x.count, x: golden.x, out: $0)
      }
      expectClose(out, golden.out, name)
    }
  }

  @Test func siluIsTorchs() throws {
    let golden = try Goldens.load().siluMultiply, up = try #require(golden.weight)
    let out = rowValues(up.count) { RowOperations.activate(.silu, count: up.count, gate: golden.x, up: up, out: $0) }
    expectClose(out, golden.out, "silu")
  }

  @Test func rotaryIsTransformers() throws {
    let golden = try Goldens.load().rotary
    let cosines = try #require(golden.cosines), sines = try #require(golden.sines)
    var out = golden.x
    let dimension = 2 * cosines.count
    RowOperations.rotary(
      heads: out.count / dimension, dimension: dimension, cosines: cosines, sines: sines, x: &out)
    expectClose(out, golden.out, "rotary")
  }

  @Test func logSumExpIsTorchs() throws {
    let golden = try Goldens.load().logSoftmax
    let (greatest, sum) = RowOperations.logSumExpParts(count: golden.x.count, x: golden.x)
    let normaliser = Double(greatest) + log(sum)
    expectClose(golden.x.map { Float(Double($0) - normaliser) }, golden.out, "log_softmax")
    var p = golden.x
    let total = RowOperations.softmaxNumerators(count: p.count, scale: 1, x: &p)
    expectClose(p.map { $0 / total }, golden.out.map { exp($0) }, "softmax")
  }

  @Test func roundingIsTorchs() throws {
    let golden = try Goldens.load().rounding
    for (dtype, expected) in [(DType.float16, golden.float16), (.bfloat16, golden.bfloat16)] {
      #expect(try Tensor(golden.x, shape: [golden.x.count], dtype: dtype).halves == expected)
    }
  }
}
