import Foundation
import TensorCore
import Testing
import TuningCore

@Suite struct RowwiseTests {
  private let pair = [Term(0.02, Direction(seed: 3)), Term(-0.02, Direction(seed: 3))]

  private func twoLanes(_ threads: Int = 2) -> EagerEvaluator {
    EagerEvaluator(threads: Threads(threads), displacements: pair.map { Displacement([$0]) })
  }

  /// Rows by token, each displaced by the noise of its own place in the table; token 40's repeat.
  @Test(arguments: DType.allCases)
  func embedding(_ dtype: DType) throws {
    var dice = Dice(1)
    for width in [1, 7, 2050] {
      let table = try dice.parameter("embed", [41, width], dtype: dtype, role: .embedding)
      let tokens: [Int32] = [40, 0, 3, 40] + dice.tokens(40, below: 41)
      let out = twoLanes().embedding(tokens, table: table)
      #expect(out.lanes == 2 && out.rows == 44 && out.columns == width)
      for (lane, term) in pair.enumerated() {
        let rows = try table.displaced(by: [term]).tensor.values
        let expected = tokens.flatMap { rows[Int($0) * width..<(Int($0) + 1) * width] }
        expectSame(out.array(lane: lane).bits, expected.bits, "width \(width), lane \(lane)")
      }
    }
  }

  @Test func rmsNorm() throws {
    var dice = Dice(2)
    for (rows, columns) in [(1, 1), (3, 7), (5, 33), (40, 1000)] {
      let x = try Tensor(dice.floats(rows * columns, in: -4...4), shape: [rows, columns])
      let weight = try dice.parameter("norm", [columns], dtype: .bfloat16, role: .norm)
      let evaluator = twoLanes()
      let out = evaluator.rmsNorm(evaluator.activation(x), weight: weight, epsilon: 1e-5)
      #expect(out.lanes == 2)
      for (lane, term) in pair.enumerated() {
        let weights = try weight.displaced(by: [term]).tensor.values.map(Double.init)
        expectClose(out.array(lane: lane), Matrix(x).rmsNorm(weights, epsilon: 1e-5).values, "[\(rows), \(columns)]")
      }
    }
  }

  /// With both, one and none of its parameters, each displaced.
  @Test func layerNorm() throws {
    var dice = Dice(6)
    for (rows, columns) in [(1, 2), (3, 7), (5, 33), (40, 1000)] {
      let x = try Tensor(dice.floats(rows * columns, in: -1...4), shape: [rows, columns])
      let weight = try dice.parameter("norm", [columns], dtype: .float16, role: .norm)
      let bias = try dice.parameter("norm.bias", [columns], role: .bias)
      let evaluator = twoLanes()
      for (weight, bias) in [(weight, bias), (weight, nil), (nil, bias), (nil, nil)] as [(Parameter?, Parameter?)] {
        let out = evaluator.layerNorm(evaluator.activation(x), weight: weight, bias: bias, epsilon: 1e-5)
        #expect(out.lanes == (weight == nil && bias == nil ? 1 : 2))
        for lane in 0..<out.lanes {
          let weights = try weight?.displaced(by: [pair[lane]]).tensor.values.map(Double.init)
          let biases = try bias?.displaced(by: [pair[lane]]).tensor.values.map(Double.init)
          let exact = Matrix(x).layerNorm(weights, bias: biases, epsilon: 1e-5)
          expectClose(out.array(lane: lane), exact.values, "[\(rows), \(columns)]")
        }
      }
    }
  }

  /// In place where nobody else reads it, and never where somebody does.
  @Test func activations() throws {
    var dice = Dice(7)
    let x = try Tensor(dice.floats(70 * 1001, in: -5...5), shape: [70, 1001])
    let evaluator = EagerEvaluator(threads: Threads(2)), value = evaluator.activation(x)
    let relu = evaluator.activate(.relu, value)
    expectSame(relu.array().bits, x.values.map { max($0, 0).bitPattern })
    expectSame(value.array().bits, x.values.bits)
    let twice = evaluator.activate(.tanh, evaluator.activate(.relu, value))
    expectClose(twice.array(), x.values.map { tanh(Double(max($0, 0))) })
  }

  @Test func gatherTakesRowsInOrder() throws {
    var dice = Dice(3)
    let x = try Tensor(dice.floats(6 * 5), shape: [6, 5])
    let evaluator = EagerEvaluator()
    let out = evaluator.gather(evaluator.activation(x), rows: [4, 0, 4, 5])
    #expect(Array(out.array()) == [4, 0, 4, 5].flatMap { x.rows($0..<$0 + 1).values })
    #expect(evaluator.gather(evaluator.activation(x), rows: []).rows == 0)
  }

  /// More elements than a thread takes at a time, and the argument stays what it was while somebody else holds it.
  @Test(arguments: [1, 2])
  func addAndSilu(_ threads: Int) throws {
    var dice = Dice(4)
    let (rows, columns) = (70, 1001)
    let a = try Tensor(dice.floats(rows * columns, in: -5...5), shape: [rows, columns])
    let b = try Tensor(dice.floats(rows * columns), shape: [rows, columns])
    let evaluator = EagerEvaluator(threads: Threads(threads))
    let x = evaluator.activation(a), y = evaluator.activation(b)
    expectSame(evaluator.add(x, y, scale: 1).array().bits, zip(a.values, b.values).map { ($0 + $1).bitPattern })
    let scaled = evaluator.add(x, y, scale: -0.3)
    expectSame(scaled.array().bits, zip(a.values, b.values).map { Float.init($0).addingProduct(-0.3, $1).bitPattern })
    let silu = evaluator.activate(.silu, gate: x, up: y)
    expectClose(
      silu.array(), zip(a.values, b.values).map { Double($0) / (1 + exp(-Double($0))) * Double($1) })
    expectSame(evaluator.add(x, x, scale: 1).array().bits, a.values.map { (2 * $0).bitPattern })
    expectSame(x.array().bits + y.array().bits, a.values.bits + b.values.bits)
  }

  /// One lane and two make two, whichever is the argument that may be reused.
  @Test func lanesMix() throws {
    var dice = Dice(5)
    let x = try Tensor(dice.floats(3 * 4), shape: [3, 4]), weight = try dice.parameter("w", [4, 4])
    let evaluator = twoLanes()
    let shared = evaluator.activation(x)
    func parted() -> EagerEvaluator.Value { evaluator.linear(shared, weight: weight, bias: nil) }
    let expected = pair.indices.map { lane in zip(x.values, parted().array(lane: lane)).map { $0 + $1 } }
    for sum in [evaluator.add(evaluator.activation(x), parted(), scale: 1), evaluator.add(parted(), shared, scale: 1)] {
      #expect(sum.lanes == 2)
      for lane in 0..<2 { #expect(Array(sum.array(lane: lane)) == expected[lane]) }
    }
  }

  @Test func rotaryTurnsPairs() throws {
    var dice = Dice(6)
    let (rows, heads, half) = (5, 3, 4)
    let x = try Tensor(dice.floats(rows * heads * 2 * half), shape: [rows, heads * 2 * half])
    let frequencies: [Float] = [1, 0.3, 0.02, 1e-4], positions: [Int32] = [0, 1, 7, 100, 2000]
    let angles = RotaryAngles(positions: positions, inverseFrequencies: frequencies, factor: 1.25)
    let evaluator = EagerEvaluator()
    let held = evaluator.activation(x)
    let out = evaluator.rotary(held, heads: heads, angles: angles)
    var expected = Matrix(x)
    for row in 0..<rows {
      for head in 0..<heads {
        for i in 0..<half {
          let angle = Double(Float(positions[row]) * frequencies[i])
          let (a, b) = (head * 2 * half + i, head * 2 * half + half + i)
          let (first, second) = (Matrix(x)[row, a], Matrix(x)[row, b])
          expected[row, a] = 1.25 * (first * cos(angle) - second * sin(angle))
          expected[row, b] = 1.25 * (second * cos(angle) + first * sin(angle))
        }
      }
    }
    expectClose(out.array(), expected.values)
    #expect(held.array().bits == x.values.bits, "somebody still holds it")
  }
}
