import TensorCore
import Testing
import TuningCore

@Suite struct LinearTests {
  /// (rows, inputs, outputs): one row and many, one panel and several with an odd end.
  static let shapes = [(1, 5, 3), (1, 64, 300), (3, 7, 1), (5, 33, 129), (17, 16, 513), (2, 1, 128)]

  @Test(arguments: shapes, DType.allCases)
  func meetsTheFormula(_ shape: (Int, Int, Int), _ dtype: DType) throws {
    let (rows, inputs, outputs) = shape
    var dice = Dice(UInt64(rows * outputs))
    let x = try Tensor(dice.floats(rows * inputs), shape: [rows, inputs])
    let weight = try dice.parameter("w", [outputs, inputs], dtype: dtype, trains: false)
    let bias = try dice.parameter("b", [outputs], dtype: dtype, role: .bias, trains: false)
    let evaluator = EagerEvaluator(threads: Threads(2))
    let input = evaluator.activation(x)
    let exact = Matrix(x).linear(Matrix(weight.tensor))
    expectClose(evaluator.linear(input, weight: weight, bias: nil).array(), exact.values)
    let shifted = Matrix(x).linear(Matrix(weight.tensor), bias: bias.tensor.values.map(Double.init))
    expectClose(evaluator.linear(input, weight: weight, bias: bias).array(), shifted.values, "with bias")
  }

  /// Each lane reads exactly the weights that its displacement gives, from three lanes that differ in every way.
  @Test(arguments: shapes, DType.allCases)
  func lanesReadDisplacedWeights(_ shape: (Int, Int, Int), _ dtype: DType) throws {
    let (rows, inputs, outputs) = shape
    var dice = Dice(UInt64(rows * outputs + 1))
    let x = try Tensor(dice.floats(rows * inputs), shape: [rows, inputs])
    let weight = try dice.parameter("layer.weight", [outputs, inputs], dtype: dtype)
    let bias = try dice.parameter("layer.bias", [outputs], dtype: dtype, role: .bias)
    let first = Direction(seed: 1), second = Direction(seed: 2, law: .rademacher)
    let lanes = [
      [Term(0.01, first)], [], [Term(-0.01, first), Term(0.3, second)], [Term(0, first), Term(1e-3, second)],
    ]
    let evaluator = EagerEvaluator(threads: Threads(2), displacements: lanes.map { Displacement($0) })
    let out = evaluator.linear(evaluator.activation(x), weight: weight, bias: bias)
    #expect(out.lanes == lanes.count)
    for (lane, terms) in lanes.enumerated() {
      let plain = EagerEvaluator(threads: Threads(1))
      let expected = plain.linear(
        plain.activation(x), weight: try weight.displaced(by: terms), bias: try bias.displaced(by: terms))
      #expect(out.array(lane: lane).bits == expected.array().bits, "lane \(lane)")
    }
  }

  /// A weight that does not train is read as it is, by inputs of one lane and of several.
  @Test func frozenWeightsAreShared() throws {
    var dice = Dice(3)
    let x = try Tensor(dice.floats(5 * 8), shape: [5, 8])
    let moving = try dice.parameter("moving", [9, 8]), frozen = try dice.parameter("frozen", [130, 9], trains: false)
    let bias = try dice.parameter("bias", [130], role: .bias)
    let term = Term(0.1, Direction(seed: 4))
    let evaluator = EagerEvaluator(threads: Threads(2), displacements: [Displacement([term]), .none])
    let input = evaluator.activation(x)
    let narrow = try frozen.narrowed(to: 8)
    #expect(input.lanes == 1 && evaluator.linear(input, weight: narrow, bias: nil).lanes == 1)
    let hidden = evaluator.linear(input, weight: moving, bias: nil)
    let out = evaluator.linear(hidden, weight: frozen, bias: nil)
    #expect(hidden.lanes == 2 && out.lanes == 2)
    for (lane, weight) in [try moving.displaced(by: [term]), moving].enumerated() {
      let exact = Matrix(x).linear(Matrix(weight.tensor)).linear(Matrix(frozen.tensor))
      expectClose(out.array(lane: lane), exact.values, "lane \(lane)")
    }
    // Only the bias trains: the lanes part there.
    let biased = evaluator.linear(input, weight: narrow, bias: bias)
    #expect(biased.lanes == 2)
    for (lane, bias) in [try bias.displaced(by: [term]), bias].enumerated() {
      let exact = Matrix(x).linear(
        Matrix(narrow.tensor), bias: bias.tensor.values.map(Double.init))
      expectClose(biased.array(lane: lane), exact.values, "bias, lane \(lane)")
    }
  }

  /// A direction that stands twice in a displacement counts once, with the sum of its coefficients.
  @Test func repeatedDirectionsAddUp() throws {
    var dice = Dice(5)
    let x = try Tensor(dice.floats(8), shape: [1, 8]), weight = try dice.parameter("w", [6, 8])
    let z = Direction(seed: 9)
    let evaluator = EagerEvaluator(displacements: [Displacement([Term(0.25, z), Term(0.5, z)])])
    let out = evaluator.linear(evaluator.activation(x), weight: weight, bias: nil)
    let plain = EagerEvaluator()
    let expected = plain.linear(plain.activation(x), weight: try weight.displaced(by: [Term(0.75, z)]), bias: nil)
    #expect(out.array().bits == expected.array().bits)
  }

  @Test(arguments: DType.allCases)
  func threadsDoNotTell(_ dtype: DType) throws {
    var dice = Dice(6)
    let x = try Tensor(dice.floats(11 * 40), shape: [11, 40])
    let weight = try dice.parameter("w", [1030, 40], dtype: dtype)
    let results = [1, 2, 5].map { count in
      let z = Direction(seed: 1)
      let evaluator = EagerEvaluator(
        threads: Threads(count), displacements: [Displacement([Term(1e-3, z)]), Displacement([Term(-1e-3, z)])])
      let out = evaluator.linear(evaluator.activation(x), weight: weight, bias: nil)
      return [out.array(lane: 0).bits, out.array(lane: 1).bits]
    }
    #expect(results[0] == results[1] && results[0] == results[2] && results[0][0] != results[0][1])
  }

  @Test func wrongWidthStops() async {
    await #expect(processExitsWith: .failure) {
      var dice = Dice(1)
      let evaluator = EagerEvaluator()
      let x = evaluator.activation(try Tensor(zeros: [2, 3]))
      _ = evaluator.linear(x, weight: try dice.parameter("w", [4, 5]), bias: nil)
    }
  }
}

extension Parameter {
  /// The first `columns` · rows elements as another weight of as many rows.
  fileprivate func narrowed(to columns: Int) throws -> Parameter {
    let values = Array(tensor.values[..<(tensor.rowCount * columns)])
    return Parameter(
      path: path, tensor: try Tensor(values, shape: [tensor.rowCount, columns]), role: role, isTrainable: isTrainable)
  }
}
