import Foundation
import TensorCore
import Testing

@Suite struct HeadAttentionTests {
  /// Queries, keys and values in rows that are longer than a head, as a model's are.
  struct Inputs {
    let rows: Int
    let keys: Int
    let dimension: Int
    let stride: Int
    let q, k, v: [Float]

    init(rows: Int, keys: Int, dimension: Int) {
      var dice = Dice(UInt64(rows * 1000 + keys * 10 + dimension))
      (self.rows, self.keys, self.dimension, stride) = (rows, keys, dimension, dimension + 3)
      q = dice.floats(rows * stride, in: -3...3)
      k = dice.floats(keys * stride, in: -3...3)
      v = dice.floats(keys * stride)
    }

    /// `rows` of the result, in stretches of `block` queries; keys packed in two parts into memory full of NaN.
    func attend(_ visible: (Int) -> HeadAttention.Visible, block: Int, firstPart: Int = 0) -> [Float] {
      var scratch = [Float](
        repeating: .nan, count: HeadAttention.scratchCount(keys: keys, dimension: dimension))
      var out = [Float](repeating: .nan, count: rows * dimension)
      scratch.withUnsafeMutableBufferPointer { scratch in
        out.withUnsafeMutableBufferPointer { out in
          let head = HeadAttention(keys: keys, dimension: dimension, scratch: scratch.baseAddress!)
          for places in [0..<firstPart, firstPart..<keys] where !places.isEmpty {
            head.pack(
              places, keys: Array(k[(places.lowerBound * stride)...]),
              values: Array(v[(places.lowerBound * stride)...]), stride: stride)
          }
          for first in Swift.stride(from: 0, to: rows, by: block) {
            head.attend(
              rows: min(block, rows - first), seeing: visible(first), scale: 0.4,
              queries: Array(q[(first * stride)...]), queryStride: stride,
              out: out.baseAddress! + first * dimension, outStride: dimension)
          }
        }
      }
      return out
    }

    func exact(_ seen: (Int) -> Range<Int>) -> [Double] {
      (0..<rows).flatMap { row -> [Double] in
        let scores = seen(row).map { key in
          (0..<dimension).reduce(0) { $0 + 0.4 * Double(q[row * stride + $1]) * Double(k[key * stride + $1]) }
        }
        let greatest = scores.max() ?? 0, weights = scores.map { exp($0 - greatest) }, sum = weights.reduce(0, +)
        return (0..<dimension).map { d in
          zip(seen(row), weights).reduce(0) { $0 + Double(v[$1.0 * stride + d]) * $1.1 } / sum
        }
      }
    }
  }

  /// Less and more than a tile of queries and than a vector of keys and of elements, and neither a multiple.
  static let shapes = [(1, 1, 1), (1, 40, 16), (5, 9, 3), (6, 16, 8), (7, 33, 17), (13, 64, 64), (20, 70, 40)]

  @Test(arguments: shapes)
  func meetsTheFormula(_ shape: (Int, Int, Int)) {
    let inputs = Inputs(rows: shape.0, keys: shape.1, dimension: shape.2)
    expectClose(inputs.attend({ _ in .all(0..<inputs.keys) }, block: 100), inputs.exact { _ in 0..<inputs.keys })
    // The last query sees the last key; in a window of five, five at most.
    let last = inputs.keys - inputs.rows
    guard last >= 0 else { return }
    expectClose(
      inputs.attend({ .moving(from: -1000, to: last + $0 + 1) }, block: 100, firstPart: inputs.keys / 3),
      inputs.exact { 0..<last + $0 + 1 })
    expectClose(
      inputs.attend({ .moving(from: last + $0 - 4, to: last + $0 + 1) }, block: 100),
      inputs.exact { max(0, last + $0 - 4)..<last + $0 + 1 })
  }

  /// A query's result does not depend on those that are asked with it, nor on how the keys were packed.
  @Test(arguments: shapes)
  func queriesStandAlone(_ shape: (Int, Int, Int)) {
    let inputs = Inputs(rows: shape.0, keys: shape.1, dimension: shape.2)
    guard inputs.rows <= inputs.keys else { return }
    let whole = inputs.attend({ .moving(from: $0 - 6, to: $0 + 1) }, block: 100).bits
    for block in [1, 2, 5, 6, 8] {
      let parts = inputs.attend({ .moving(from: $0 - 6, to: $0 + 1) }, block: block, firstPart: inputs.keys / 2)
      #expect(parts.bits == whole, "in blocks of \(block)")
    }
  }

  private func expectClose(
    _ got: [Float], _ expected: [Double], at location: SourceLocation = #_sourceLocation
  ) {
    let worst = zip(got, expected).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(got.count == expected.count && worst < 2e-6, "off by \(worst)", sourceLocation: location)
    #expect(!got.contains { $0.isNaN }, sourceLocation: location)
  }
}
