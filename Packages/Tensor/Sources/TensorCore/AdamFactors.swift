import CTensorKernels

/// What does not change from element to element in a step of Adam; `step` is the arithmetic of one piece.
///
///     m ← keepMean m + addMean g          u = meanScale m / (√(squareScale w) + ε)
///     v ← keepSquare v + addSquare (g g)  w: v, or the greatest v so far
///
/// Each operation is rounded on its own: the same bits on every IEEE-754 machine.
public struct AdamFactors: Sendable {
  private let factors: zt_adam_factors

  public init(
    keepMean: Float, addMean: Float, keepSquare: Float, addSquare: Float, meanScale: Float, squareScale: Float,
    epsilon: Float
  ) {
    factors = zt_adam_factors(
      keep_mean: keepMean, add_mean: addMean, keep_square: keepSquare, add_square: addSquare, mean_scale: meanScale,
      square_scale: squareScale, epsilon: epsilon)
  }

  /// Turns g into u in place, and brings m, v and `greatest` on.
  ///
  /// - Parameter greatest: nil: w is v.
  public func step(
    _ gradient: UnsafeMutableBufferPointer<Float>, mean: UnsafeMutableBufferPointer<Float>,
    square: UnsafeMutableBufferPointer<Float>, greatest: UnsafeMutableBufferPointer<Float>?
  ) {
    precondition(
      [mean.count, square.count, greatest?.count ?? gradient.count].allSatisfy { $0 == gradient.count },
      "AdamFactors: \(gradient.count) elements with \(mean.count) and \(square.count) of their moments")
    guard let g = gradient.baseAddress else { return }
    zt_adam(gradient.count, factors, g, mean.baseAddress, square.baseAddress, greatest?.baseAddress)
  }
}
