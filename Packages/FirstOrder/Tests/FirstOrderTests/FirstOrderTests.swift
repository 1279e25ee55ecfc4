import FirstOrder
import TensorCore
import Testing
import TuningCore

/// Steps on a quadratic against the papers' formulas in float64.
@Suite struct FirstOrderTests {
  static let names = ["fo-sgd", "fo-adam", "fo-adamw"]

  static func registry() throws -> Registry<any Optimizer> {
    var registry = Registry<any Optimizer>(kind: "optimizer")
    try registry.register(FOSGD.componentDescription, origin: "tests") { FOSGD(options: $0) }
    try registry.register(FOAdam.componentDescription, origin: "tests") { FOAdam(options: $0) }
    try registry.register(FOAdamW.componentDescription, origin: "tests") { FOAdamW(options: $0) }
    return registry
  }

  /// What ten steps at η = 0.05 make of the quadratic's parameters.
  private func taken(
    _ name: String, _ options: [String: OptionValue], steps: Int = 10, threads: Int = 1, rate: Float = 0.05
  ) throws -> (oracle: QuadraticOracle, state: OptimizerState) {
    var optimizer = try Self.registry().make(name, options: options)
    let oracle = try QuadraticOracle(), state = try OptimizerState(rule: optimizer.rule, for: oracle.parameters)
    for step in 0..<steps {
      let context = StepContext(step: step, learningRate: rate, seeds: SeedSequence(runSeed: 1))
      let outcome = try optimizer.step(context, on: [PackedBatch([])], oracle: oracle)
      oracle.parameters.apply(outcome.update, step: step, state: state, threads: Threads(threads))
    }
    return (oracle, state)
  }

  /// `rule` in float64: turns a gradient into a step, keeping what it keeps by element.
  private func expected(
    decay: Double, coupled: Bool, clip: Double?, _ rule: (_ g: Double, _ kept: inout [Double], _ t: Int) -> Double
  ) throws -> [[Double]] {
    let oracle = try QuadraticOracle()
    var theta = oracle.values, kept = theta.map { $0.map { _ in [0.0, 0.0] } }
    for t in 1...10 {
      let gradient = oracle.gradient(theta)
      let norm = gradient.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      let share = clip.map { min(1, $0 / (norm + 1e-6)) } ?? 1
      for p in theta.indices {
        let decays = p == 0 ? decay : 0
        for i in theta[p].indices {
          let g = share * gradient[p][i] + (coupled ? decays * theta[p][i] : 0)
          let step = rule(g, &kept[p][i], t)
          theta[p][i] = theta[p][i] * (coupled ? 1 : 1 - 0.05 * decays) - 0.05 * step
        }
      }
    }
    return theta
  }

  private func agrees(_ got: [[Double]], _ wanted: [[Double]]) {
    for (a, b) in zip(got.joined(), wanted.joined()) { #expect(abs(a - b) < 2e-6 * max(1, abs(b)), "\(a), not \(b)") }
  }

  private func adam(_ g: Double, _ kept: inout [Double], _ t: Int) -> Double {
    kept[0] = 0.9 * kept[0] + 0.1 * g
    kept[1] = 0.999 * kept[1] + 0.001 * g * g
    var (a, b) = (1.0, 1.0)
    for _ in 0..<t { (a, b) = (a * 0.9, b * 0.999) }
    return kept[0] / (1 - a) / ((kept[1] / (1 - b)).squareRoot() + 1e-8)
  }

  @Test(arguments: [nil, 1.0, 0.25], [false, true])
  func gradientDescent(_ clip: Double?, coupled: Bool) throws {
    let options: [String: OptionValue] = [
      "max_grad_norm": .number(clip ?? 0), "weight_decay": .number(0.5), "coupled_decay": .boolean(coupled),
    ]
    agrees(
      try taken("fo-sgd", options).oracle.values,
      try expected(decay: 0.5, coupled: coupled, clip: clip) { g, _, _ in g })
    // Unless something is said, to a norm of 1.
    let silent = try taken("fo-sgd", options.filter { $0.key != "max_grad_norm" }).oracle.values
    #expect(try (silent == taken("fo-sgd", options).oracle.values) == (clip == 1))
    agrees(
      try taken("fo-sgd", options.merging(["momentum": .number(0.75)]) { $1 }).oracle.values,
      try expected(decay: 0.5, coupled: coupled, clip: clip) { g, kept, _ in
        kept[0] = 0.75 * kept[0] + g
        return kept[0]
      })
  }

  @Test(arguments: [nil, 0.5]) func adamCouplesItsDecayAndAdamWDoesNot(_ clip: Double?) throws {
    let options: [String: OptionValue] = ["max_grad_norm": .number(clip ?? 0), "weight_decay": .number(0.5)]
    agrees(
      try taken("fo-adam", options).oracle.values, try expected(decay: 0.5, coupled: true, clip: clip, adam))
    agrees(
      try taken("fo-adamw", options).oracle.values, try expected(decay: 0.5, coupled: false, clip: clip, adam))
  }

  @Test(arguments: names) func costIsWhatIsAskedAndKept(_ name: String) throws {
    for options: [String: OptionValue] in name == "fo-sgd" ? [[:], ["momentum": .number(0.9)]] : [[:]] {
      let (oracle, state) = try taken(name, options, steps: 3)
      let cost = try Self.registry().make(name, options: options).cost(trainableCount: 8)
      #expect(oracle.gradientCount == 3 * cost.gradientsPerStep && oracle.queryCount == 3 * cost.queriesPerStep)
      #expect(state.byteCount == cost.stateBytes && cost.gradientBytes == 32)
    }
  }

  @Test(arguments: names) func zeroRateAndThreads(_ name: String) throws {
    #expect(try taken(name, ["weight_decay": .number(0.1)], rate: 0).oracle.values == QuadraticOracle().values)
    #expect(try taken(name, [:]).oracle.values == taken(name, [:], threads: 3).oracle.values)
  }

  @Test(arguments: names) func lossesAloneAreNotEnough(_ name: String) throws {
    var optimizer = try Self.registry().make(name)
    let context = StepContext(step: 0, learningRate: 1, seeds: SeedSequence(runSeed: 1))
    let error = #expect(throws: TuningError.self) {
      try optimizer.step(context, on: [PackedBatch([])], oracle: LossesAlone())
    }
    #expect(error?.code == .notApplicable && error?.message.contains("\(name) needs exact derivatives") == true)
  }

  @Test func badOptionsAreRefused() {
    for (name, option, value) in [
      ("fo-sgd", "momentum", OptionValue.number(1)), ("fo-sgd", "max_grad_norm", .number(-1)),
      ("fo-adam", "beta1", .number(1)), ("fo-adamw", "weight_decay", .number(-0.1)),
    ] {
      let error = #expect(throws: TuningError.self) { _ = try Self.registry().make(name, options: [option: value]) }
      #expect(error?.message.contains("\(name).\(option) must be") == true)
    }
  }
}
