import TuningCore

/// ZO-SGD-MMT: descent along the heavy ball's average of randomized estimates.
///
///     m ← μ m + ĝ,    θ ← (1 − ηλ) θ − η m
///
/// Reference: Zhang et al., "Revisiting Zeroth-Order Optimization for Memory-Efficient LLM Fine-Tuning", ICML 2024.
public struct ZOSGDMomentum: EstimatedDescent {
  public var estimator: RandomizedGradientEstimator
  public var heavyBall: HeavyBall
  public var updateRule: any UpdateRule { heavyBall }

  public init(estimator: RandomizedGradientEstimator = .init(), heavyBall: HeavyBall = .init()) {
    self.estimator = estimator
    self.heavyBall = heavyBall
  }
}

extension ZOSGDMomentum {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "zo-sgd-mmt", summary: "ZO-SGD with momentum: a heavy ball along the randomized estimates.",
    reference: "Zhang et al. 2024, arXiv 2402.11592",
    cost: "2q forward passes a step (q + 1 one-sided), 4 bytes of state a trainable parameter",
    options: RandomizedGradientEstimator.options + HeavyBall.options)

  public init(options: Options) {
    self.init(estimator: .init(options: options), heavyBall: .init(options: options))
  }
}
