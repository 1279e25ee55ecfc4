import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// `zo-sgd` as a recipe makes it.
@Suite struct OptionTests {
  private func make(_ options: [String: OptionValue] = [:]) throws -> ZOSGD {
    var registry = Registry<any Optimizer>(kind: "optimizer")
    try registry.register(ZOSGD.componentDescription, origin: "tests") { ZOSGD(options: $0) }
    return try #require(registry.make("zo-sgd", options: options) as? ZOSGD)
  }

  private func refusal(_ options: [String: OptionValue]) -> String {
    let error = #expect(throws: TuningError.self) { try make(options) }
    #expect(error?.code == .invalidOption)
    return error?.message ?? ""
  }

  /// MeZO's defaults.
  @Test func defaults() throws {
    let optimizer = try make()
    #expect(optimizer.estimator.epsilon == 1e-3 && optimizer.estimator.queries == 1)
    #expect(optimizer.estimator.sides == .two && optimizer.estimator.law == .gaussian)
    #expect(optimizer.weightDecay == 0 && optimizer.directionLaw == .gaussian)
  }

  @Test(arguments: DirectionLaw.allCases, RandomizedGradientEstimator.Sides.allCases)
  func everyChoiceIsTaken(_ law: DirectionLaw, _ sides: RandomizedGradientEstimator.Sides) throws {
    let optimizer = try make([
      "epsilon": .number(0.25), "queries": .integer(7), "law": .text(law.rawValue), "sides": .text(sides.rawValue),
      "weight_decay": .number(0.5),
    ])
    #expect(optimizer.estimator.epsilon == 0.25 && optimizer.estimator.queries == 7 && optimizer.weightDecay == 0.5)
    #expect(optimizer.estimator.sides == sides && optimizer.estimator.law == law)
    #expect(optimizer.directionLaw.rawValue == (law == .sphere ? "gaussian" : law.rawValue))
  }

  @Test(arguments: [
    ("epsilon", OptionValue.number(0)), ("epsilon", .number(-1e-3)), ("epsilon", .number(11)),
    ("epsilon", .number(.nan)), ("epsilon", .text("small")), ("queries", .integer(0)), ("queries", .integer(65_536)),
    ("queries", .number(1.5)), ("weight_decay", .number(-0.1)), ("weight_decay", .number(.infinity)),
    ("law", .text("cauchy")), ("sides", .text("three-sided")),
    // Neither is a number of its kind once it is a `Float`.
    ("epsilon", .number(1e-60)), ("weight_decay", .number(1e60)),
  ])
  func whatCannotBeIsRefused(_ name: String, _ value: OptionValue) {
    #expect(refusal([name: value]).contains("zo-sgd.\(name) must be"))
  }

  @Test func problemsComeAllAtOnceWithTheNearName() {
    let text = refusal(["epsilom": .number(1), "queries": .integer(0), "law": .text("sphere")])
    #expect(text.contains("no option 'epsilom'") && text.contains("Did you mean 'epsilon'?"))
    #expect(text.contains("zo-sgd.queries must be a whole number from 1 to 65535, got '0'"))
    #expect(text.split(separator: "\n").count == 2)
  }

  /// Of every optimizer, by its own name.
  @Test(arguments: Optimizers.forms) func whatAllTakeIsRefusedAlike(_ form: Optimizers.Form) throws {
    let bad: [(String, OptionValue)] = [
      ("epsilon", .number(0)), ("queries", .integer(0)), ("weight_decay", .number(-1)), ("sides", .text("both")),
      ("law", .text("uniform")),
    ]
    for (name, value) in bad {
      let error = #expect(throws: TuningError.self) { _ = try form.make([name: value]) }
      #expect(error?.message.contains("\(form.name).\(name) must be") == true)
    }
  }

  @Test(arguments: [
    ("zo-adam", "beta1", OptionValue.number(1)), ("zo-adam", "beta1", .number(-0.1)), ("zo-adam", "beta2", .number(1)),
    ("zo-adam", "beta2", .number(-1)), ("zo-adam", "adam_epsilon", .number(0)), ("zo-adam", "amsgrad", .text("yes")),
    ("zo-sgd-mmt", "momentum", .number(1)), ("zo-sgd-mmt", "momentum", .number(-0.5)),
    ("zo-sgd-sign", "sign", .text("vector")), ("zo-sgd-sign", "coupled_decay", .integer(1)),
  ])
  func whatOneTakesIsRefused(_ optimizer: String, _ name: String, _ value: OptionValue) throws {
    let error = #expect(throws: TuningError.self) {
      _ = try Optimizers.registry().make(optimizer, options: [name: value])
    }
    #expect(error?.code == .invalidOption && error?.message.contains("\(optimizer).\(name) must be") == true)
  }

  /// 1 as a `Float`, and still below it.
  @Test func whatIsBarelyAllowedWorks() throws {
    let close = OptionValue.number(1 - 1e-12)
    for (name, options) in [("zo-sgd-mmt", ["momentum": close]), ("zo-adam", ["beta1": close, "beta2": close])] {
      let oracle = ToyOracle(try .vector([1, 2])) { $0[0] * $0[1] }
      var optimizer = try Optimizers.registry().make(name, options: options)
      let state = try OptimizerState(rule: optimizer.rule, for: oracle.parameters)
      for step in 0..<3 {
        let outcome = try optimizer.step(.test(step: step), on: emptyBatch(), oracle: oracle)
        oracle.parameters.apply(outcome.update, step: step, state: state, threads: Threads(1))
      }
      #expect(oracle.parameters.elements.allSatisfy(\.isFinite) && oracle.parameters.elements != [1, 2])
    }
  }

  @Test func optionsReachTheRules() throws {
    let adam = try #require(
      Optimizers.registry().make(
        "zo-adam",
        options: [
          "beta1": .number(0.5), "beta2": .number(0.75), "adam_epsilon": .number(0.125), "amsgrad": .boolean(true),
          "weight_decay": .number(2), "coupled_decay": .boolean(true),
        ]) as? ZOAdam)
    #expect(
      adam.adam
        == Adam(
          beta1: 0.5, beta2: 0.75, epsilon: 0.125, isAMSGrad: true, weightDecay: WeightDecay(2, isCoupled: true)))
    let ball = try #require(
      Optimizers.registry().make("zo-sgd-mmt", options: ["momentum": .number(0.5), "weight_decay": .number(2)])
        as? ZOSGDMomentum)
    #expect(ball.heavyBall == HeavyBall(momentum: 0.5, weightDecay: WeightDecay(2)))
    let sign = try #require(
      Optimizers.registry().make("zo-sgd-sign", options: ["sign": .text("scalar"), "queries": .integer(3)])
        as? ZOSGDSign)
    #expect(sign.sign == .scalar && sign.estimator.queries == 3)
  }
}
