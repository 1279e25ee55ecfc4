import TensorCore
import Testing
import TuningCore

/// A state that is made of the last steps' estimates, instead of being kept.
@Suite struct StateWindowTests {
  private static let rules: [any UpdateRule & Sendable] = [
    HeavyBall(weightDecay: WeightDecay(0.5)), Adam(), Adam(beta1: 0.5, isAMSGrad: true, weightDecay: WeightDecay(0.5)),
  ]

  private func set(_ dtype: DType) throws -> ParameterSet {
    var dice = Dice(41), set = ParameterSet()
    set.append(try dice.parameter("linear", [351, 201], dtype: dtype))
    set.append(try dice.parameter("norm", [33], dtype: dtype, role: .norm))
    return set
  }

  /// Steps of two parts each, one of which every step leaves elements of alone.
  private func updates(_ steps: Range<Int>) -> [StepUpdate] {
    steps.flatMap { step in
      let masked = Support(["linear": .addressed(seed: UInt64(step), threshold: 3 << 30)]), rest = Support(["norm"])
      return [masked, rest].enumerated().map { part, support in
        let terms = [
          Term(-0.75, Direction(seed: UInt64(10 * step + part), support: support)),
          Term(0.5, Direction(seed: UInt64(10 * step + 5), law: .rademacher, support: support)),
        ]
        return StepUpdate(
          .descent(.directions(terms), learningRate: 0.01), step: step, support: support, roundingSeed: UInt64(step))
      }
    }
  }

  private func bits(_ set: ParameterSet) -> [UInt32] { set.parameters.flatMap { $0.tensor.values.bits } }

  @Test(arguments: rules.indices, [DType.float32, .bfloat16])
  func aWindowOfAllStepsIsTheKeptState(_ number: Int, _ dtype: DType) throws {
    let all = try [0, 5, 9].map { window in
      let set = try set(dtype), state = try OptimizerState(rule: Self.rules[number], for: set, window: window)
      for update in updates(0..<5) { set.apply([update], state: state, threads: Threads(2)) }
      #expect((state.byteCount == 0) == (window > 0))
      return bits(set)
    }
    expectSame(all[1], all[0])
    expectSame(all[2], all[0])
  }

  /// Its last step goes as far as that of an optimizer which began with the window.
  @Test(arguments: rules.indices) func aShorterWindowBeginsLater(_ number: Int) throws {
    let whole = try set(.float32), state = try OptimizerState(rule: Self.rules[number], for: whole, window: 3)
    whole.apply(updates(0..<4), state: state, threads: Threads(2))
    // The same weights, and a state of steps 2 and 3 alone, which left the weights as they were.
    let late = try set(.float32), lateState = try OptimizerState(rule: Self.rules[number], for: late)
    for (target, source) in zip(late.parameters, whole.parameters) { target.tensor.takeBytes(of: source.tensor) }
    for update in updates(2..<4) {
      var still = update
      guard case .descent(let estimate, _) = update.update else { continue }
      still.update = .descent(estimate, learningRate: 0)
      // Counted from the window's beginning.
      still.step -= 2
      late.apply([still], state: lateState, threads: Threads(1))
    }
    whole.apply(updates(4..<5), state: state, threads: Threads(3))
    for update in updates(4..<5) {
      var last = update
      last.step -= 2
      late.apply([last], state: lateState, threads: Threads(1))
    }
    expectSame(bits(whole), bits(late))
  }

  @Test func updatesInOnePassAreOneAfterTheOther() throws {
    let all = try [true, false].map { inOnePass in
      let set = try set(.float16), state = try OptimizerState(rule: Adam(), for: set, window: 3)
      if inOnePass {
        set.apply(updates(0..<6), state: state, threads: Threads(2))
      } else {
        for update in updates(0..<6) { set.apply([update], state: state, threads: Threads(3)) }
      }
      return bits(set)
    }
    expectSame(all[0], all[1])
  }

  /// A session that goes on from a checkpoint reads the last steps from the ledger.
  @Test func whatIsRememberedIsAsIfNothingStopped() throws {
    let all = try [0, 4].map { stop in
      let set = try set(.float32)
      var state = try OptimizerState(rule: Adam(), for: set, window: 3)
      for step in 0..<6 {
        if step == stop {
          state = try OptimizerState(rule: Adam(), for: set, window: 3)
          for update in updates(max(0, step - 2)..<step) { state.remember(update) }
        }
        set.apply(updates(step..<step + 1), state: state, threads: Threads(2))
      }
      return bits(set)
    }
    expectSame(all[0], all[1])
  }
}
