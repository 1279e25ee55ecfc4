extension HeavyBall {
  /// What recipes may set, the weight decay's among it.
  public static let options =
    [
      OptionSpecification(
        "momentum", .fraction(from: 0, below: 1), default: .number(0.9), help: "μ: what is kept of earlier estimates")
    ] + WeightDecay.options()

  public init(options: Options) {
    self.init(momentum: options.number("momentum"), weightDecay: WeightDecay(options: options))
  }
}
