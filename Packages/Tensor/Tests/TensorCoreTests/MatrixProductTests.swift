import TensorCore
import Testing

@Suite struct MatrixProductTests {
  static let sizes = [
    (1, 1, 1), (1, 7, 5), (1, 130, 64), (2, 3, 1), (3, 5, 7), (17, 16, 33), (33, 1, 9), (64, 127, 65), (5, 300, 129),
  ]

  /// Σ in double, and the error that binary32 sums of k products may have.
  private func expectProduct(
    _ out: [Float], m: Int, n: Int, k: Int, outStride: Int, before: Float?,
    _ term: (_ row: Int, _ column: Int, _ k: Int) -> Double
  ) {
    for row in 0..<m {
      for column in 0..<n {
        var sum = before.map(Double.init) ?? 0, magnitude = abs(sum)
        for i in 0..<k {
          let product = term(row, column, i)
          sum += product
          magnitude += abs(product)
        }
        let difference = abs(Double(out[row * outStride + column]) - sum)
        guard difference <= 1e-6 * magnitude + 1e-12 else {
          Issue.record("[\(m), \(n), \(k)] at \(row), \(column): \(out[row * outStride + column]), not \(sum)")
          return
        }
      }
    }
    // Between the rows nothing is written.
    for row in 0..<m - 1 {
      #expect((n..<outStride).allSatisfy { out[row * outStride + $0].isNaN })
    }
  }

  /// With beta = 0 what stood in the result counts for nothing, NaN included.
  @Test(arguments: sizes, [0, 3])
  func rowsByRows(_ size: (Int, Int, Int), _ gap: Int) {
    let (m, n, k) = size
    var dice = Dice(UInt64(m * 1000 + n))
    let inner = k + gap, outer = n + gap
    let x = dice.floats(m * inner), w = dice.floats(n * inner)
    var out = [Float](repeating: .nan, count: m * outer)
    MatrixProduct.rowsByRows(
      m: m, n: n, k: k, x: x, xStride: inner, w: w, wStride: inner, out: &out, outStride: outer, scale: 0.5)
    expectProduct(out, m: m, n: n, k: k, outStride: outer, before: nil) {
      0.5 * Double(x[$0 * inner + $2]) * Double(w[$1 * inner + $2])
    }
    for row in 0..<m { for column in 0..<n { out[row * outer + column] = 2.5 } }
    MatrixProduct.rowsByRows(
      m: m, n: n, k: k, x: x, xStride: inner, w: w, wStride: inner, out: &out, outStride: outer, accumulate: true)
    expectProduct(out, m: m, n: n, k: k, outStride: outer, before: 2.5) {
      Double(x[$0 * inner + $2]) * Double(w[$1 * inner + $2])
    }
  }

  @Test(arguments: sizes, [0, 3])
  func rowsByColumns(_ size: (Int, Int, Int), _ gap: Int) {
    let (m, n, k) = size
    var dice = Dice(UInt64(m * 1000 + n))
    let inner = k + gap, outer = n + gap
    let x = dice.floats(m * inner), w = dice.floats(k * outer)
    var out = [Float](repeating: .nan, count: m * outer)
    MatrixProduct.rowsByColumns(
      m: m, n: n, k: k, x: x, xStride: inner, w: w, wStride: outer, out: &out, outStride: outer)
    expectProduct(out, m: m, n: n, k: k, outStride: outer, before: nil) {
      Double(x[$0 * inner + $2]) * Double(w[$2 * outer + $1])
    }
    for row in 0..<m { for column in 0..<n { out[row * outer + column] = -1 } }
    MatrixProduct.rowsByColumns(
      m: m, n: n, k: k, x: x, xStride: inner, w: w, wStride: outer, out: &out, outStride: outer, accumulate: true)
    expectProduct(out, m: m, n: n, k: k, outStride: outer, before: -1) {
      Double(x[$0 * inner + $2]) * Double(w[$2 * outer + $1])
    }
  }

  /// Products of one shape give one result, whichever thread runs them and whatever runs beside.
  @Test func sideBySideProductsAreTheSame() {
    var dice = Dice(4)
    let (m, n, k) = (37, 61, 129)
    let x = dice.floats(m * k), w = dice.floats(n * k)
    func product() -> [UInt32] {
      rowResult(m * n) {
        MatrixProduct.rowsByRows(m: m, n: n, k: k, x: x, xStride: k, w: w, wStride: k, out: $0, outStride: n)
      }
    }
    let expected = product()
    var same = [Bool](repeating: false, count: 64)
    same.withUnsafeMutableBufferPointer { same in
      Threads(4).forEach(64) { index, _ in same[index] = product() == expected }
    }
    #expect(same.allSatisfy { $0 })
  }
}
