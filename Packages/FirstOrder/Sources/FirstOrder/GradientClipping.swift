import TuningCore

/// Shortens a gradient that is too long, in the form of torch's `clip_grad_norm_`:
///
///     ∇L ← ∇L · min(1, c / (‖∇L‖ + 10⁻⁶))
///
/// with the norm over all parameters at once. (Pascanu et al. 2013)
public struct GradientClipping: Sendable, Hashable {
  /// c; nil: none is shortened.
  public var greatestNorm: Double?

  public init(greatestNorm: Double? = nil) {
    precondition(greatestNorm ?? 1 > 0, "GradientClipping: a greatest norm of \(greatestNorm ?? 0)")
    self.greatestNorm = greatestNorm
  }

  /// What a gradient of this norm is to be multiplied by.
  func scale(norm: Double) -> Float {
    guard let greatestNorm else { return 1 }
    return Float(min(1, greatestNorm / (norm + 1e-6)))
  }

  /// What recipes may set.
  static let option = OptionSpecification(
    "max_grad_norm", .fraction(from: 0, below: 1e30), default: .number(1),
    help: "a longer gradient is shortened to this norm over all parameters; 0: none is")

  init(options: Options) {
    let norm = options.number("max_grad_norm")
    self.init(greatestNorm: norm > 0 ? norm : nil)
  }
}
