import TuningCore

/// FO-AdamW: Adam on the exact gradient with weight decay beside its step, as torch's `AdamW`.
///
/// Reference: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
public struct FOAdamW: ExactDescent {
  public var adam: Adam
  public var clipping: GradientClipping
  public var updateRule: any UpdateRule { adam }

  public init(adam: Adam = Adam(), clipping: GradientClipping = .init()) {
    self.adam = adam
    self.clipping = clipping
  }
}

extension FOAdamW {
  public static let componentDescription = ComponentDescription(
    name: "fo-adamw", summary: "Adam on the exact gradient; weight decay shrinks the weights beside its step.",
    reference: "Loshchilov & Hutter 2019, arXiv 1711.05101",
    cost: "a forward and a backward pass a step; 12 bytes a trainable parameter for gradient and moments",
    options: [GradientClipping.option] + Adam.options(coupledDecay: false))

  public init(options: Options) {
    self.init(adam: Adam(options: options), clipping: GradientClipping(options: options))
  }
}
