extension Adam {
  /// What recipes may set, the weight decay's among it.
  ///
  /// - Parameter coupledDecay: the default of `coupled_decay`.
  public static func options(coupledDecay: Bool = false) -> [OptionSpecification] {
    [
      OptionSpecification(
        "beta1", .fraction(from: 0, below: 1), default: .number(0.9), help: "β₁: what the mean of the estimates keeps"),
      OptionSpecification(
        "beta2", .fraction(from: 0, below: 1), default: .number(0.999),
        help: "β₂: what the mean of their squares keeps"),
      OptionSpecification(
        "adam_epsilon", .number(above: 1e-30, atMost: 1), default: .number(1e-8),
        help: "ε, added to the root of the squares' mean"),
      OptionSpecification(
        "amsgrad", .boolean, default: .boolean(false), help: "divide by the root of the squares' greatest mean so far"),
    ] + WeightDecay.options(coupled: coupledDecay)
  }

  public init(options: Options) {
    self.init(
      beta1: options.number("beta1"), beta2: options.number("beta2"), epsilon: Float(options.number("adam_epsilon")),
      isAMSGrad: options.boolean("amsgrad"), weightDecay: WeightDecay(options: options))
  }
}
