import TuningCore

/// FO-Adam: Adam on the exact gradient, as torch's `Adam`; weight decay joins the gradient.
///
/// Reference: Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
public struct FOAdam: ExactDescent {
  public var adam: Adam
  public var clipping: GradientClipping
  public var updateRule: any UpdateRule { adam }

  public init(adam: Adam = Adam(weightDecay: WeightDecay(isCoupled: true)), clipping: GradientClipping = .init()) {
    self.adam = adam
    self.clipping = clipping
  }
}

extension FOAdam {
  public static let componentDescription = ComponentDescription(
    name: "fo-adam", summary: "Adam on the exact gradient; weight decay joins the gradient.",
    reference: "Kingma & Ba 2015, arXiv 1412.6980",
    cost: "a forward and a backward pass a step; 12 bytes a trainable parameter for gradient and moments",
    options: [GradientClipping.option] + Adam.options(coupledDecay: true))

  public init(options: Options) {
    self.init(adam: Adam(options: options), clipping: GradientClipping(options: options))
  }
}
