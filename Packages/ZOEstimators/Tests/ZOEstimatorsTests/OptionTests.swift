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
}
