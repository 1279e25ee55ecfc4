import Foundation
import TensorCore
import Testing

/// Against the formulas in double precision.
@Suite struct RowOperationsTests {
  static let lengths = [1, 2, 7, 15, 16, 17, 31, 32, 33, 255, 256, 257, 1000]

  private func expectClose(
    _ got: [Float], _ expected: [Double], relative: Double = 1e-6, absolute: Double = 1e-37, _ what: String = "",
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(got.count == expected.count, sourceLocation: location)
    for (i, (g, e)) in zip(got, expected).enumerated() where !(abs(Double(g) - e) <= relative * abs(e) + absolute) {
      Issue.record("\(what) [\(i)]: \(g), not \(e)", sourceLocation: location)
      return
    }
  }

  @Test(arguments: lengths, [Float(1e-6), 0.1])
  func rmsNorm(_ columns: Int, _ epsilon: Float) {
    var dice = Dice(UInt64(columns))
    let rows = 3, weight = dice.floats(columns)
    // The middle row is large, the last nearly nothing, so that epsilon tells.
    let x = dice.floats(columns) + dice.floats(columns, in: -1e4...1e4) + dice.floats(columns, in: -1e-3...1e-3)
    let out = rowValues(rows * columns) {
      RowOperations.rmsNorm(rows: rows, columns: columns, x: x, weight: weight, epsilon: epsilon, out: $0)
    }
    let expected = (0..<rows).flatMap { row -> [Double] in
      let part = x[row * columns..<(row + 1) * columns].map(Double.init)
      let mean = part.reduce(0) { $0 + $1 * $1 } / Double(columns)
      return zip(part, weight).map { $0 / (mean + Double(epsilon)).squareRoot() * Double($1) }
    }
    expectClose(out, expected, relative: 2e-6)
  }

  @Test(arguments: lengths)
  func gatedSilu(_ count: Int) {
    var dice = Dice(UInt64(count))
    let gate = dice.floats(count, in: -20...20), up = dice.floats(count, in: -3...3)
    let out = rowValues(count) { RowOperations.activate(.silu, count: count, gate: gate, up: up, out: $0) }
    expectClose(out, zip(gate, up).map { Double($0) / (1 + exp(-Double($0))) * Double($1) })
  }

  @Test(arguments: lengths, [Float(1e-5), 0.1])
  func layerNorm(_ columns: Int, _ epsilon: Float) {
    var dice = Dice(UInt64(columns))
    let rows = 3, weight = dice.floats(columns), bias = dice.floats(columns)
    // The middle row's mean is large against its spread, the last is nearly nothing, so that epsilon tells.
    let x = dice.floats(columns) + dice.floats(columns, in: 99...101) + dice.floats(columns, in: -1e-3...1e-3)
    let out = rowValues(rows * columns) {
      RowOperations.layerNorm(
        rows: rows, columns: columns, x: x, weight: weight, bias: bias, epsilon: epsilon, out: $0)
    }
    let expected = (0..<rows).flatMap { row -> [Double] in
      let part = x[row * columns..<(row + 1) * columns].map(Double.init)
      let mean = part.reduce(0, +) / Double(columns)
      let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      return part.indices.map {
        (part[$0] - mean) / (variance + Double(epsilon)).squareRoot() * Double(weight[$0]) + Double(bias[$0])
      }
    }
    expectClose(out, expected, relative: 2e-6, absolute: 5e-5)
  }

  /// Over a range where all of them bend, the gated form beside the plain one.
  @Test(arguments: Activation.allCases)
  func activations(_ activation: Activation) {
    let x = stride(from: Float(-12), through: 12, by: 0.00317).map { $0 }
    let up = x.map { 1 + $0 / 7 }
    let out = rowValues(x.count) { RowOperations.activate(activation, count: x.count, x: x, out: $0) }
    let gated = rowValues(x.count) { RowOperations.activate(activation, count: x.count, gate: x, up: up, out: $0) }
    let expected = x.map { activation.exact(Double($0)) }
    // What 1 + erf or 1 + tanh rounds away near −1 counts by x, as it does in every float32 implementation.
    expectClose(out, expected, relative: 1e-6, absolute: 1.2e-6, activation.rawValue)
    expectClose(gated, zip(expected, up).map { $0 * Double($1) }, relative: 1e-6, absolute: 4e-6, activation.rawValue)
  }

  @Test func tanhAndErfKeepTheirDigits() {
    let x = stride(from: Float(-9), through: 9, by: 0.00013).map { $0 } + [1e-20, -1e-20, 1e30, -1e30]
    let out = rowValues(x.count) { RowOperations.activate(.tanh, count: x.count, x: x, out: $0) }
    expectClose(out, x.map { tanh(Double($0)) }, relative: 2.4e-7, "tanh")
    // laplace(0.707107 + 0.282095 √2 y) = (1 + erf y) / 2
    let y = rowValues(x.count) { RowOperations.activate(.laplace, count: x.count, x: x, out: $0) }
    expectClose(y, x.map { Activation.laplace.exact(Double($0)) }, relative: 0, absolute: 2e-7, "erf")
  }

  @Test func siluOfExtremes() {
    let gate: [Float] = [1e4, -1e4, 100, -100, 88, -88, 0, -0.0, 3e38, -3e38, .greatestFiniteMagnitude]
    let out = rowValues(gate.count) {
      RowOperations.activate(
        .silu, count: gate.count, gate: gate, up: [Float](repeating: 1, count: gate.count), out: $0)
    }
    // Below −87 the exponential stays at e⁸⁸ and leaves gate · 6e-39: nothing, beside what it is added to.
    let tiny = gate.map { $0 < -80 ? Double(abs($0)) * 1e-38 : 1e-37 }
    for (i, (g, bound)) in zip(gate, tiny).enumerated() {
      let exact = Double(g) / (1 + exp(-Double(g)))
      #expect(abs(Double(out[i]) - exact) <= 1e-6 * abs(exact) + bound, "silu(\(g)) = \(out[i])")
    }
  }

  /// The exponential over its whole range, through silu's and the softmax's use of it.
  @Test func exponentialIsWithinTwoUnits() {
    let x = stride(from: Float(-86), through: 0, by: 0.00731).map { $0 }
    var p = x
    _ = RowOperations.softmaxNumerators(count: p.count, scale: 1, x: &p)
    let shift = Double(x.max()!)
    expectClose(p, x.map { exp(Double(Float(Double($0) - shift))) }, relative: 2.4e-7)
  }

  @Test(arguments: lengths, [(Float(1), Float(5)), (0.125, 30), (1, 1e4)])
  func softmax(_ count: Int, _ setting: (Float, Float)) {
    let (scale, range) = setting
    var dice = Dice(UInt64(count))
    let x = dice.floats(count, in: -range...range)
    var p = x
    let sum = RowOperations.softmaxNumerators(count: count, scale: scale, x: &p)
    let greatest = x.map { Double(scale * $0) }.max()!
    let exact = x.map { exp(Double(scale * $0) - greatest) }, total = exact.reduce(0, +)
    // scale · x is itself rounded, by up to its ulp: that much is the exponent's error.
    let relative = 5e-7 + Double(scale * range) * 2e-7
    expectClose(p, exact, relative: relative, "numerators")
    expectClose([sum], [total], relative: relative, "sum")
    #expect(p.max() == 1)
  }

  @Test(arguments: lengths, [Float(5), 100, 1e4])
  func logSumExp(_ count: Int, _ range: Float) {
    var dice = Dice(UInt64(count))
    let x = dice.floats(count, in: -range...range)
    let (greatest, sum) = RowOperations.logSumExpParts(count: count, x: x)
    #expect(greatest == x.max())
    let exact = x.reduce(0) { $0 + exp(Double($1) - Double(greatest)) }
    #expect(abs(sum - exact) <= 1e-6 * exact, "\(sum), not \(exact)")
  }

  /// The greatest element may stand anywhere, the last odd places included.
  @Test func theGreatestIsFoundEverywhere() {
    for count in [1, 7, 16, 17, 33] {
      for place in 0..<count {
        var x = [Float](repeating: -3, count: count)
        x[place] = -1
        #expect(RowOperations.logSumExpParts(count: count, x: x).max == -1, "\(place) of \(count)")
      }
    }
  }

  @Test func notANumberComesThrough() {
    for place in [0, 5, 20] {
      var x = [Float](repeating: 1, count: 21)
      x[place] = .nan
      #expect(RowOperations.logSumExpParts(count: 21, x: x).sum.isNaN)
      #expect(RowOperations.softmaxNumerators(count: 21, scale: 1, x: &x).isNaN)
    }
  }

  @Test(arguments: [2, 6, 16, 34, 64])
  func rotary(_ dimension: Int) {
    var dice = Dice(UInt64(dimension))
    let heads = 3, half = dimension / 2
    let x = dice.floats(heads * dimension), angles = dice.floats(half, in: -4...4)
    let cosines = angles.map { Foundation.cos($0) }, sines = angles.map { Foundation.sin($0) }
    var out = x
    RowOperations.rotary(heads: heads, dimension: dimension, cosines: cosines, sines: sines, x: &out)
    var expected = x.map(Double.init)
    for head in 0..<heads {
      for i in 0..<half {
        let (a, b) = (head * dimension + i, head * dimension + i + half)
        let (c, s) = (cos(Double(angles[i])), sin(Double(angles[i])))
        expected[a] = Double(x[a]) * c - Double(x[b]) * s
        expected[b] = Double(x[b]) * c + Double(x[a]) * s
      }
    }
    expectClose(out, expected, absolute: 3e-7)
  }

  @Test(arguments: lengths)
  func sums(_ count: Int) {
    var dice = Dice(UInt64(count))
    let a = dice.floats(count), b = dice.floats(count)
    let plain = rowValues(count) { RowOperations.add(count: count, a, b, out: $0) }
    #expect(plain.bits == zip(a, b).map { ($0 + $1).bitPattern })
    let scaled = rowValues(count) { RowOperations.add(count: count, a, scale: 0.3, b, out: $0) }
    #expect(scaled.bits == zip(a, b).map { Float.init($0).addingProduct(0.3, $1).bitPattern })
    var factor = a
    RowOperations.scale(count: count, by: 1.7, x: &factor)
    #expect(factor.bits == a.map { (1.7 * $0).bitPattern })
    var rows = a + [9] + b + [9]
    RowOperations.addBias(rows: 2, columns: count, stride: count + 1, bias: b, to: &rows)
    #expect(rows == zip(a, b).map { $0 + $1 } + [9] + b.map { $0 + $0 } + [9])
  }

  @Test(arguments: lengths)
  func vectorsFuse(_ count: Int) {
    var dice = Dice(UInt64(count))
    let x = dice.floats(count), y = dice.floats(count)
    var sum = y
    sum.withUnsafeMutableBufferPointer { sum in x.withUnsafeBufferPointer { sum.add(0.37, $0) } }
    let expected = zip(x, y).map { $1.addingProduct(0.37, $0).bitPattern }
    #expect(sum.bits == expected)
    var set = [Float](repeating: .nan, count: count)
    set.withUnsafeMutableBufferPointer { set in
      x.withUnsafeBufferPointer { x in y.withUnsafeBufferPointer { set.set(0.37, x, plus: $0) } }
    }
    #expect(set.bits == expected)
  }
}

extension Activation {
  /// The definition, in double precision.
  fileprivate func exact(_ x: Double) -> Double {
    switch self {
    case .linear: x
    case .relu: max(x, 0)
    case .reluSquared: max(x, 0) * max(x, 0)
    case .relu6: min(max(x, 0), 6)
    case .leakyRelu: x > 0 ? x : x / 100
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: Foundation.tanh(x)
    case .silu: x / (1 + exp(-x))
    case .gelu: x / 2 * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: x / 2 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .geluClipped: min(max(Activation.gelu.exact(x), -10), 10)
    case .quickGelu: x / (1 + exp(-1.702 * x))
    case .mish: x * Foundation.tanh(log(1 + exp(x)))
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .laplace: 0.5 * (1 + erf((x - 0.707107) / (0.282095 * 2.0.squareRoot())))
    }
  }
}
