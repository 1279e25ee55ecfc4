import TensorCore

/// Adam (Kingma & Ba 2015), and AMSGrad (Reddi et al. 2018) in the form of torch's:
///
///     m ← β₁ m + (1 − β₁) ĝ          m̂ = m / (1 − β₁ᵗ)
///     v ← β₂ v + (1 − β₂) ĝ²         v̂ = v / (1 − β₂ᵗ)
///     u = m̂ / (√v̂ + ε)               AMSGrad: v̂ of the greatest v so far
///
/// With weight decay that is not coupled this is AdamW (Loshchilov & Hutter 2019).
public struct Adam: UpdateRule, Hashable {
  public var beta1: Double
  public var beta2: Double
  /// ε: keeps the quotient finite.
  public var epsilon: Float
  public var isAMSGrad: Bool
  public var weightDecay: WeightDecay

  public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] + (isAMSGrad ? ["max_exp_avg_sq"] : []) }

  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8, isAMSGrad: Bool = false,
    weightDecay: WeightDecay = .none
  ) {
    precondition(0..<1 ~= beta1 && 0..<1 ~= beta2 && epsilon > 0, "Adam: betas \(beta1), \(beta2), epsilon \(epsilon)")
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.isAMSGrad = isAMSGrad
    self.weightDecay = weightDecay
  }

  public func transform(_ gradient: UnsafeMutableBufferPointer<Float>, state: StatePiece, step: Int) {
    let factors = AdamFactors(
      keepMean: Float(beta1), addMean: Float(1 - beta1), keepSquare: Float(beta2), addSquare: Float(1 - beta2),
      meanScale: Float(1 / (1 - Self.power(beta1, step))), squareScale: Float(1 / (1 - Self.power(beta2, step))),
      epsilon: epsilon)
    factors.step(gradient, mean: state[0], square: state[1], greatest: isAMSGrad ? state[2] : nil)
  }

  /// By squaring, in multiplications alone: the same bits whatever the C library.
  static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0, base = base, exponent = exponent
    while exponent > 0 {
      if exponent & 1 == 1 { result *= base }
      base *= base
      exponent >>= 1
    }
    return result
  }
}
