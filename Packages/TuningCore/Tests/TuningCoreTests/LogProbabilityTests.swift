import TensorCore
import Testing
import TuningCore

@Suite struct LogProbabilityTests {
  @Test(arguments: [1, 7, 256, 257, 1000], DType.allCases)
  func meetsLogSoftmax(_ vocabulary: Int, _ dtype: DType) throws {
    var dice = Dice(UInt64(vocabulary))
    let (rows, width) = (5, 19)
    let x = try Tensor(dice.floats(rows * width, in: -6...6), shape: [rows, width])
    let table = try dice.parameter("head", [vocabulary, width], dtype: dtype, role: .embedding)
    // Every row, the last token, one row twice, one not at all.
    let targets =
      [(0, vocabulary - 1), (4, 0), (2, vocabulary / 2), (4, vocabulary - 1), (1, vocabulary / 3)]
      .map { PackedBatch.Target(row: $0.0, token: Int32($0.1)) }
    let bias = try dice.parameter("head.bias", [vocabulary], dtype: dtype, role: .bias)
    let lanes = [[Term(0.05, Direction(seed: 8))], []]
    let evaluator = EagerEvaluator(threads: Threads(2), displacements: lanes.map { Displacement($0) })
    for bias in [nil, bias] {
      let out = evaluator.logProbabilities(evaluator.activation(x), table: table, bias: bias, targets: targets)
      #expect(out.lanes == 2 && out.rows == targets.count && out.columns == 1)
      for (lane, terms) in lanes.enumerated() {
        let biases = try bias?.displaced(by: terms).tensor.values.map(Double.init)
        let exact = Matrix(x).linear(Matrix(try table.displaced(by: terms).tensor), bias: biases).logSoftmax()
        expectClose(out.array(lane: lane), targets.map { exact[$0.row, Int($0.token)] }, "lane \(lane)")
      }
    }
  }

  /// Logits of ±10⁴ neither overflow nor lose the small differences that decide.
  @Test func largeLogits() throws {
    var dice = Dice(2)
    let x = try Tensor([1e4, -1e4], shape: [2, 1]), table = try dice.parameter("head", [300, 1], trains: false)
    let targets = (0..<300).map { PackedBatch.Target(row: $0 % 2, token: Int32($0)) }
    let evaluator = EagerEvaluator()
    let out = evaluator.logProbabilities(evaluator.activation(x), table: table, bias: nil, targets: targets)
    let exact = Matrix(x).linear(Matrix(table.tensor)).logSoftmax()
    expectClose(out.array(), targets.map { exact[$0.row, Int($0.token)] }, tolerance: 1e-6)
  }

  @Test func threadsDoNotTell() throws {
    var dice = Dice(3)
    let x = try Tensor(dice.floats(9 * 31), shape: [9, 31]), table = try dice.parameter("head", [2500, 31])
    let targets = dice.tokens(40, below: 2500).enumerated().map { PackedBatch.Target(row: $0 % 9, token: $1) }
    let results = [1, 2, 3].map { threads in
      let evaluator = EagerEvaluator(
        threads: Threads(threads), displacements: [.none, Displacement([Term(1e-2, Direction(seed: 1))])])
      let out = evaluator.logProbabilities(evaluator.activation(x), table: table, bias: nil, targets: targets)
      return out.array(lane: 0).bits + out.array(lane: 1).bits
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func tokensOutsideTheTableStop() async {
    await #expect(processExitsWith: .failure) {
      var dice = Dice(1)
      let evaluator = EagerEvaluator()
      let x = evaluator.activation(try Tensor(zeros: [2, 3]))
      let target = PackedBatch.Target(row: 0, token: 7)
      _ = evaluator.logProbabilities(x, table: try dice.parameter("head", [7, 3]), bias: nil, targets: [target])
    }
  }
}
