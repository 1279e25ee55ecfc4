extension WeightDecay {
  /// λ, where it can only be decoupled.
  public static let strengthOption = OptionSpecification(
    "weight_decay", .fraction(from: 0, below: 1e6), default: .number(0),
    help: "λ, decoupled; norms and biases do not decay")

  /// What recipes may set for an update rule.
  ///
  /// - Parameter coupled: the default of `coupled_decay`.
  public static func options(coupled: Bool = false) -> [OptionSpecification] {
    [
      OptionSpecification(
        "weight_decay", .fraction(from: 0, below: 1e6), default: .number(0), help: "λ; norms and biases do not decay"),
      OptionSpecification(
        "coupled_decay", .boolean, default: .boolean(coupled),
        help: "true: λθ joins the estimate (L2); false: θ shrinks by ηλ beside the step (AdamW)"),
    ]
  }

  public init(options: Options) {
    self.init(Float(options.number("weight_decay")), isCoupled: options.boolean("coupled_decay"))
  }
}
