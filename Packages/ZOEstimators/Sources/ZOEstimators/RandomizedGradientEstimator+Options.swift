import TuningCore

extension RandomizedGradientEstimator {
  /// What recipes may set of an estimate; every optimizer that is made of one has these.
  public static let options =
    [
      OptionSpecification(
        "epsilon", .number(above: 1e-12, atMost: 10), default: .number(1e-3),
        help: "how far along a direction the loss is asked for"),
      OptionSpecification(
        "sides", .choice(Sides.allCases.map(\.rawValue)), default: .text("two-sided"),
        help: "two-sided: L(θ+εz) − L(θ−εz); one-sided: L(θ+εz) − L(θ)"),
    ] + directionOptions

  /// Of the directions, however the slopes along them are known.
  static let directionOptions = [
    OptionSpecification(
      "queries", .integer(atLeast: 1, atMost: 65535), default: .integer(1),
      help: "directions a step, q; their estimates are averaged"),
    OptionSpecification(
      "law", .choice(DirectionLaw.allCases.map(\.rawValue)), default: .text("gaussian"),
      help: "distribution of the directions"),
  ]

  public init(options: Options) {
    self.init(
      epsilon: Float(options.number("epsilon")), queries: options.integer("queries"),
      // Choices were checked against these cases.
      sides: .init(rawValue: options.text("sides"))!, law: DirectionLaw(options: options))
  }
}

extension DirectionLaw {
  /// Of `directionOptions`.
  init(options: Options) {
    // Choices were checked against these cases.
    self.init(rawValue: options.text("law"))!
  }
}
