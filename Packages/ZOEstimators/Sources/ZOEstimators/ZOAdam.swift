import TuningCore

/// ZO-Adam: Adam on the randomized estimate; with `amsgrad` the moments of ZO-AdaMM, in torch's bias-corrected form and
/// without a projection. Its moments are `float32` whatever the parameters' dtype.
///
/// References: Zhang et al., ICML 2024 (which calls plain Adam ZO-Adam); Chen et al., "ZO-AdaMM", NeurIPS 2019.
public struct ZOAdam: EstimatedDescent {
  public var estimator: RandomizedGradientEstimator
  public var adam: Adam
  public var updateRule: any UpdateRule { adam }

  public init(estimator: RandomizedGradientEstimator = .init(), adam: Adam = .init()) {
    self.estimator = estimator
    self.adam = adam
  }
}

extension ZOAdam {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "zo-adam", summary: "Adam, or AMSGrad, on finite differences of the loss in random directions.",
    reference: "Zhang et al. 2024, arXiv 2402.11592; Chen et al. 2019, arXiv 1910.06513 (amsgrad)",
    cost: "2q forward passes a step (q + 1 one-sided), 8 bytes of state a trainable parameter (12 with amsgrad)",
    options: RandomizedGradientEstimator.options + Adam.options())

  public init(options: Options) {
    self.init(estimator: .init(options: options), adam: .init(options: options))
  }
}
