import TensorCore

/// Momentum without dampening (Polyak 1964), in the form of torch's SGD:
///
///     m ← μ m + ĝ,    u = m
public struct HeavyBall: UpdateRule, Hashable {
  /// μ
  public var momentum: Double
  public var weightDecay: WeightDecay

  public var stateNames: [String] { ["momentum_buffer"] }

  public init(momentum: Double = 0.9, weightDecay: WeightDecay = .none) {
    precondition(0..<1 ~= momentum, "HeavyBall: momentum \(momentum)")
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  public func transform(_ gradient: UnsafeMutableBufferPointer<Float>, state: StatePiece, step _: Int) {
    let buffer = state[0]
    buffer.scale(by: Float(momentum))
    // A fused addition of 1 · ĝ rounds as a plain one.
    buffer.add(1, UnsafeBufferPointer(gradient))
    _ = gradient.update(fromContentsOf: buffer)
  }
}
