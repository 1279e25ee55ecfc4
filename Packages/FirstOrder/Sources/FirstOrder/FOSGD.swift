import TuningCore

/// FO-SGD: stochastic gradient descent, with momentum where it is asked for, as torch's `SGD`.
///
///     m ← μ m + g,    θ ← θ − η m        without momentum θ ← θ − η g
///
/// References: Robbins & Monro 1951; Polyak 1964; the benchmark's baseline (Zhang et al., ICML 2024).
public struct FOSGD: ExactDescent {
  /// μ; at 0 nothing is kept.
  public var momentum: Double
  public var weightDecay: WeightDecay
  public var clipping: GradientClipping

  public init(
    momentum: Double = 0, weightDecay: WeightDecay = WeightDecay(isCoupled: true), clipping: GradientClipping = .init()
  ) {
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.clipping = clipping
  }

  public var updateRule: any UpdateRule {
    momentum == 0 ? PlainDescent(weightDecay: weightDecay) : HeavyBall(momentum: momentum, weightDecay: weightDecay)
  }
}

extension FOSGD {
  public static let componentDescription = ComponentDescription(
    name: "fo-sgd", summary: "SGD along the exact gradient.",
    reference: "Robbins & Monro 1951; Zhang et al. 2024, arXiv 2402.11592",
    cost: "a forward and a backward pass a step; 4 bytes a trainable parameter for the gradient, 4 more with momentum",
    options: [
      OptionSpecification(
        "momentum", .fraction(from: 0, below: 1), default: .number(0), help: "μ: what is kept of earlier gradients"),
      GradientClipping.option,
    ] + WeightDecay.options(coupled: true))

  public init(options: Options) {
    self.init(
      momentum: options.number("momentum"), weightDecay: WeightDecay(options: options),
      clipping: GradientClipping(options: options))
  }
}
