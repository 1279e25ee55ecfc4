import TensorCore
import TuningCore

extension ZOSGD {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "zo-sgd",
    summary: "Zeroth-order SGD (MeZO): descent along finite differences of the loss in random directions.",
    reference: "Malladi et al. 2023, arXiv 2305.17333; Zhang et al. 2024, arXiv 2402.11592",
    cost: "2q forward passes a step (q + 1 one-sided), no state",
    options: [
      OptionSpecification(
        "epsilon", .number(above: 1e-12, atMost: 10), default: .number(1e-3),
        help: "how far along a direction the loss is asked for"),
      OptionSpecification(
        "queries", .integer(atLeast: 1, atMost: 65535), default: .integer(1),
        help: "directions a step, q; their estimates are averaged"),
      OptionSpecification(
        "sides", .choice(RandomizedGradientEstimator.Sides.allCases.map(\.rawValue)), default: .text("two-sided"),
        help: "two-sided: L(θ+εz) − L(θ−εz); one-sided: L(θ+εz) − L(θ)"),
      OptionSpecification(
        "law", .choice(DirectionLaw.allCases.map(\.rawValue)), default: .text("gaussian"),
        help: "distribution of the directions"),
      OptionSpecification(
        "weight_decay", .fraction(from: 0, below: 1e6), default: .number(0),
        help: "λ, decoupled; norms and biases do not decay"),
    ])

  public init(options: Options) {
    self.init(
      estimator: RandomizedGradientEstimator(
        epsilon: Float(options.number("epsilon")), queries: options.integer("queries"),
        // Choices were checked against these cases.
        sides: .init(rawValue: options.text("sides"))!, law: .init(rawValue: options.text("law"))!),
      weightDecay: Float(options.number("weight_decay")))
  }
}
