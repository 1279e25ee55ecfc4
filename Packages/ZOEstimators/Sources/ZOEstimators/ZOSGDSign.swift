import TensorCore
import TuningCore

/// ZO-SGD-Sign: steps of the sign of the randomized estimate.
///
///     elementwise   u = sign(1/q Σ_j g_j z_j)      as published: every element moves by η
///     scalar        u = 1/q Σ_j sign(g_j) z_j      as the benchmark's released code does: steps of one length
///
/// References: Zhang et al., ICML 2024; Liu et al., "signSGD via Zeroth-Order Oracle", ICLR 2019.
public struct ZOSGDSign: EstimatedDescent {
  public enum Sign: String, Sendable, Codable, CaseIterable { case elementwise, scalar }

  public var estimator: RandomizedGradientEstimator
  public var sign: Sign
  public var weightDecay: WeightDecay

  public init(
    estimator: RandomizedGradientEstimator = .init(), sign: Sign = .elementwise, weightDecay: WeightDecay = .none
  ) {
    self.estimator = estimator
    self.sign = sign
    self.weightDecay = weightDecay
  }
}

extension ZOSGDSign {
  public var updateRule: any UpdateRule {
    switch sign {
    case .elementwise: ElementwiseSign(weightDecay: weightDecay)
    case .scalar: PlainDescent(weightDecay: weightDecay)
    }
  }

  public func gradient(of estimate: RandomizedGradientEstimator.Estimate) -> GradientEstimate {
    guard sign == .scalar else { return .directions(estimate.scaled(by: 1)) }
    return .directions(
      estimate.terms.map { term in
        let sign = term.slope > 0 ? 1.0 : term.slope < 0 ? -1 : 0
        return Term(Float(sign * term.weight), term.direction)
      })
  }

  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "zo-sgd-sign", summary: "Steps of the sign of a finite-difference estimate.",
    reference: "Zhang et al. 2024, arXiv 2402.11592; Liu et al. 2019 (ZO-signSGD)",
    cost: "2q forward passes a step (q + 1 one-sided), no state",
    options: RandomizedGradientEstimator.options + [
      OptionSpecification(
        "sign", .choice(Sign.allCases.map(\.rawValue)), default: .text("elementwise"),
        help: "elementwise: of the estimate, as published; scalar: of each slope, as the benchmark's code does")
    ] + WeightDecay.options())

  public init(options: Options) {
    self.init(
      // Choices were checked against these cases.
      estimator: .init(options: options), sign: Sign(rawValue: options.text("sign"))!,
      weightDecay: .init(options: options))
  }
}
