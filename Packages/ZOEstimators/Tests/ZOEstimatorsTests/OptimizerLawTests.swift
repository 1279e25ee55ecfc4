import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// What holds for every optimizer in every form.
@Suite struct OptimizerLawTests {
  private static let shapes: [[String: OptionValue]] = [
    [:], ["sides": .text("one-sided"), "queries": .integer(3)], ["law": .text("sphere"), "queries": .integer(2)],
    ["law": .text("rademacher"), "sides": .text("one-sided")], ["law": .text("gaussian-fast")],
  ]
  private let options: [String: OptionValue] = ["epsilon": .number(0.125), "weight_decay": .number(0.25)]

  /// A run of some steps on the quadratic.
  private final class Run {
    var optimizer: any Optimizer
    let oracle: ToyOracle
    let state: OptimizerState
    var parameters: ParameterSet { oracle.parameters }
    var bits: [UInt32] { parameters.elements.map(\.bitPattern) }
    var stateBits: [UInt32] { state.tensors.flatMap { $0.tensor.values.map(\.bitPattern) } }

    init(_ form: Optimizers.Form, _ options: [String: OptionValue], dtype: DType = .float32) throws {
      let golden = try Golden.load()
      optimizer = try form.make(options)
      oracle = ToyOracle(try golden.parameterSet(dtype: dtype), of: golden.quadratic.loss)
      state = try OptimizerState(rule: optimizer.rule, for: oracle.parameters)
    }

    @discardableResult
    func step(_ step: Int, rate: Float = 0.01, seed: UInt64 = 7, threads: Int = 1) throws -> StepOutcome {
      let outcome = try optimizer.step(
        .test(step: step, learningRate: rate, seed: seed), on: emptyBatch(), oracle: oracle)
      oracle.parameters.apply(
        outcome.update, step: step, state: state, roundingSeed: UInt64(step), threads: Threads(threads))
      return outcome
    }
  }

  @Test(arguments: Optimizers.forms, shapes)
  func updatesAreFunctionsOfTheirContexts(_ form: Optimizers.Form, _ shape: [String: OptionValue]) throws {
    let run = try Run(form, options.merging(shape) { $1 }), batch = try emptyBatch()
    func update(_ context: StepContext) throws -> StepOutcome {
      try run.optimizer.step(context, on: batch, oracle: run.oracle)
    }
    let first = try update(.test(step: 5)), other = try update(.test(step: 6)), again = try update(.test(step: 5))
    #expect(first.update == again.update && first.loss == again.loss && first.update != other.update)
    let queries = shape["queries"] == nil ? 1 : first.update.terms.count
    let expected = (0..<queries).map { query in
      Direction(
        seed: SeedSequence(runSeed: 7).seed(.direction, step: 5, query: query), law: run.optimizer.directionLaw)
    }
    #expect(first.update.terms.map(\.direction) == expected)
  }

  @Test(arguments: Optimizers.forms, shapes)
  func zeroLearningRateChangesNoBit(_ form: Optimizers.Form, _ shape: [String: OptionValue]) throws {
    let run = try Run(form, options.merging(shape) { $1 }), before = run.bits
    for step in 0..<3 { try run.step(step, rate: 0) }
    #expect(run.bits == before)
    // The state has seen the estimates all the same.
    #expect(run.stateBits.isEmpty || run.stateBits.contains { $0 != 0 })
    try run.step(3, rate: 0.01)
    #expect(run.bits != before)
  }

  @Test(arguments: Optimizers.forms, shapes)
  func costIsWhatIsAskedAndKept(_ form: Optimizers.Form, _ shape: [String: OptionValue]) throws {
    let run = try Run(form, options.merging(shape) { $1 })
    let cost = run.optimizer.cost(trainableCount: run.parameters.trainableCount)
    for step in 1...3 {
      try run.step(step)
      #expect(run.oracle.queryCount == step * cost.queriesPerStep)
    }
    #expect(run.state.byteCount == cost.stateBytes)
    #expect(Set(run.state.tensors.map(\.name)).count == run.state.tensors.count)
  }

  @Test(arguments: Optimizers.forms, DType.allCases)
  func threadsAndTimesDoNotTell(_ form: Optimizers.Form, _ dtype: DType) throws {
    let one = try Run(form, options, dtype: dtype), two = try Run(form, options, dtype: dtype)
    // The third stops after two steps and goes on with what a checkpoint would hold.
    let stopped = try Run(form, options, dtype: dtype), resumed = try Run(form, options, dtype: dtype)
    for step in 0..<4 {
      try one.step(step)
      try two.step(step, threads: 3)
    }
    for step in 0..<2 { try stopped.step(step) }
    for (from, to) in zip(stopped.parameters.trainable, resumed.parameters.trainable) {
      from.tensor.copyBytes(to: to.tensor)
    }
    for (from, to) in zip(stopped.state.tensors, resumed.state.tensors) { from.tensor.copyBytes(to: to.tensor) }
    for step in 2..<4 { try resumed.step(step) }
    #expect(one.bits == two.bits && one.stateBits == two.stateBits)
    #expect(one.bits == resumed.bits && one.stateBits == resumed.stateBits)
  }

  /// On the laws' scale of small steps the mean of many narrow runs is the wide one: rounding is without bias.
  @Test(arguments: Optimizers.forms.filter { $0.name != "zo-sgd-cons" })
  func narrowParametersFollowTheWideOnes(_ form: Optimizers.Form) throws {
    let start = try Run(form, options, dtype: .bfloat16).parameters.elements
    let rate: Float = 1e-4, runs = 300
    var sum = [Double](repeating: 0, count: start.count)
    // One estimate for all, so that they differ by their rounding alone.
    let wide = try Run(form, options), golden = try Golden.load()
    let outcome = try wide.step(0, rate: rate)
    for seed in 0..<runs {
      let parameters = try golden.parameterSet(dtype: .bfloat16)
      parameters.apply(
        outcome.update, step: 0, state: try OptimizerState(rule: wide.optimizer.rule, for: parameters),
        roundingSeed: UInt64(seed), threads: Threads(1))
      for (i, value) in parameters.elements.enumerated() { sum[i] += Double(value) }
    }
    let exact = try golden.parameterSet(elements: start)
    exact.apply(
      outcome.update, step: 0, state: try OptimizerState(rule: wide.optimizer.rule, for: exact), threads: Threads(1))
    for (i, value) in exact.elements.enumerated() {
      let ulp = 0x1p-7 * Double(max(abs(start[i]), abs(value)).binade)
      let moved = min(1, abs(Double(value - start[i])) / ulp)
      let deviation = ulp * (max(moved * (1 - moved), 1 / Double(runs)) / Double(runs)).squareRoot()
      #expect(abs(sum[i] / Double(runs) - Double(value)) < 5 * deviation, "element \(i)")
    }
  }
}

extension Tensor {
  fileprivate func copyBytes(to other: Tensor) {
    (other.storage.base + other.byteOffset).copyMemory(from: bytes, byteCount: byteCount)
  }
}
