import TensorCore
import Testing
import TuningCore

/// Descents by a rule, to the bit as docs/ledger-format.md has them.
@Suite struct DescentTests {
  private let terms = [
    Term(-0.75, Direction(seed: 1)), Term(0, Direction(seed: 2)), Term(0.5, Direction(seed: 3, law: .rademacher)),
  ]
  private static let rate: Float = 0.01

  private static let rules: [any UpdateRule & Sendable] = [
    PlainDescent(weightDecay: WeightDecay(0.5)), ElementwiseSign(),
    ElementwiseSign(weightDecay: WeightDecay(2, isCoupled: true)),
    HeavyBall(), HeavyBall(momentum: 0.5, weightDecay: WeightDecay(0.5, isCoupled: true)), Adam(),
    Adam(beta1: 0.5, beta2: 0.75, epsilon: 0.125, isAMSGrad: true, weightDecay: WeightDecay(0.5)),
  ]

  /// One element's course, written a second time.
  private struct Element {
    var state = [Float](repeating: 0, count: 3)

    mutating func step(_ rule: any UpdateRule, _ g: Float, _ t: Int) -> Float {
      switch rule {
      case is ElementwiseSign: return g == 0 ? 0 : g.sign == .minus ? -1 : 1
      case let rule as HeavyBall:
        state[0] = Float(rule.momentum) * state[0] + g
        return state[0]
      case let rule as Adam:
        let powers = [rule.beta1, rule.beta2].map { beta in (0..<t).reduce(1.0) { power, _ in power * beta } }
        state[0] = Float(rule.beta1) * state[0] + Float(1 - rule.beta1) * g
        state[1] = Float(rule.beta2) * state[1] + Float(1 - rule.beta2) * (g * g)
        state[2] = Swift.max(state[2], state[1])
        let a = Float(1 / (1 - powers[0])), b = Float(1 / (1 - powers[1]))
        return a * state[0] / ((b * (rule.isAMSGrad ? state[2] : state[1])).squareRoot() + rule.epsilon)
      default: return g
      }
    }
  }

  private func expected(
    _ values: [Float], _ elements: inout [Element], of parameter: Parameter, _ rule: any UpdateRule, step: Int
  )
    -> [Float]
  {
    let decays = parameter.role != .norm && parameter.role != .bias
    let decay = decays ? rule.weightDecay : .none
    let z = terms.map { $0.direction.elements(of: parameter.path, count: values.count) }
    return values.indices.map { i in
      var g: Float = 0
      for (term, z) in zip(terms, z) where term.coefficient != 0 { g = g.addingProduct(term.coefficient, z[i]) }
      if decay.isCoupled { g = g.addingProduct(decay.strength, values[i]) }
      let u = elements[i].step(rule, g, step + 1)
      let kept = decay.isCoupled ? values[i] : (1 - Self.rate * decay.strength) * values[i]
      return kept.addingProduct(-Self.rate, u)
    }
  }

  /// Longer than the pieces that threads take, of every kind of role.
  private func set(_ dtype: DType) throws -> ParameterSet {
    var dice = Dice(12), set = ParameterSet()
    set.append(try dice.parameter("linear", [351, 201], dtype: dtype))
    set.append(try dice.parameter("frozen", [9], dtype: dtype, trains: false))
    set.append(try dice.parameter("norm", [33], dtype: dtype, role: .norm))
    set.append(try dice.parameter("bias", [1], dtype: dtype, role: .bias))
    return set
  }

  @Test(arguments: rules.indices, [DType.float32, .bfloat16])
  func threeStepsAreTheFormulas(_ number: Int, _ dtype: DType) throws {
    let rule = Self.rules[number], set = try set(dtype), state = try OptimizerState(rule: rule, for: set)
    var elements = set.parameters.map { [Element](repeating: Element(), count: $0.tensor.count) }
    for step in 0..<3 {
      let wanted = try set.parameters.enumerated().map { index, parameter -> [Float] in
        guard parameter.isTrainable else { return parameter.tensor.values }
        let values = expected(parameter.tensor.values, &elements[index], of: parameter, rule, step: step)
        let target = try Tensor(zeros: parameter.tensor.shape, dtype: dtype)
        values.withUnsafeBufferPointer {
          target.storeStochastically($0, at: 0, seed: 5, pathHash: parameter.path.hash)
        }
        return target.values
      }
      set.apply(
        .descent(.directions(terms), learningRate: Self.rate), step: step, state: state, roundingSeed: 5,
        threads: Threads(2))
      for (parameter, values) in zip(set.parameters, wanted) {
        expectSame(parameter.tensor.values.bits, values.bits, "\(parameter.path), step \(step)")
      }
    }
  }

  @Test(arguments: rules.indices) func threadsDoNotTell(_ number: Int) throws {
    let bits = try [1, 3].map { threads in
      let set = try set(.float16), state = try OptimizerState(rule: Self.rules[number], for: set)
      for step in 0..<2 {
        set.apply(.descent(.directions(terms), learningRate: 0.01), step: step, state: state, threads: Threads(threads))
      }
      return set.parameters.flatMap { $0.tensor.values.bits } + state.tensors.flatMap { $0.tensor.values.bits }
    }
    expectSame(bits[0], bits[1])
  }

  /// Even of −0, and of values that stochastic rounding would send elsewhere; the state goes on.
  @Test(arguments: rules.indices, DType.allCases) func aRateOfNoughtLeavesEveryBit(_ number: Int, _ dtype: DType) throws
  {
    var set = try set(dtype)
    set.append(
      Parameter(
        path: "zeros", tensor: try Tensor([-0.0, 0], shape: [2], dtype: dtype), role: .linear, isTrainable: true))
    let rule = Self.rules[number], state = try OptimizerState(rule: rule, for: set)
    let before = set.parameters.flatMap { $0.tensor.values.bits }
    set.apply(.descent(.directions(terms), learningRate: 0), step: 0, state: state, threads: Threads(2))
    expectSame(set.parameters.flatMap { $0.tensor.values.bits }, before)
    for (_, tensor) in state.tensors { #expect(tensor.values.contains { $0 != 0 }) }
  }

  @Test func theStateIsNamedAndCounted() throws {
    let set = try set(.bfloat16), count = set.trainableCount
    let state = try OptimizerState(rule: Adam(isAMSGrad: true), for: set)
    let names = ["linear", "norm", "bias"].flatMap { path in
      ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"].map { "\($0).\(path)" }
    }
    #expect(state.tensors.map(\.name) == names && state.byteCount == 12 * count)
    let cost = OptimizerCost(queriesPerStep: 2, rule: Adam(), trainableCount: count)
    #expect(cost.stateBytes == 8 * count)
    #expect(try OptimizerState(rule: nil, for: set).byteCount == 0)
    #expect(try OptimizerState(rule: ElementwiseSign(), for: set).tensors.isEmpty)
  }

  @Test func whatIsNotFiniteIsTold() {
    let direction = Direction(seed: 1)
    #expect(ParameterUpdate.move(Move([Term(1, direction)], decay: 0.5)).isFinite)
    #expect(!ParameterUpdate.move(Move([Term(1, direction)], decay: .nan)).isFinite)
    #expect(!ParameterUpdate.move(Move([Term(.infinity, direction)])).isFinite)
    #expect(!ParameterUpdate.descent(.directions([Term(.nan, direction)]), learningRate: 1).isFinite)
    #expect(!ParameterUpdate.descent(.directions([Term(1, direction)]), learningRate: .infinity).isFinite)
  }
}
