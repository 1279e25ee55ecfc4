import TuningCore

/// What was asked of a model.
public struct Work: Sendable, Codable, Equatable {
  /// Losses; those that came with derivatives are among them. A loss of texts that the model wrote is one, however many
  /// tokens they have.
  public var forwardPasses = 0
  /// Exact gradients.
  public var backwardPasses = 0
  /// Exact directional derivatives.
  public var tangents = 0
  /// That went through the model for losses, those that it wrote itself among them.
  public var tokens = 0

  public init() {}

  /// All that `oracle` has given.
  init(_ oracle: any LossOracle) {
    forwardPasses = oracle.queryCount
    if let oracle = oracle as? any GradientOracle {
      backwardPasses = oracle.gradientCount
      tangents = oracle.slopeCount
    }
    tokens = oracle.tokenCount
  }

  static func += (a: inout Work, b: Work) {
    a.forwardPasses += b.forwardPasses
    a.backwardPasses += b.backwardPasses
    a.tangents += b.tangents
    a.tokens += b.tokens
  }

  static func - (a: Work, b: Work) -> Work {
    var difference = a
    difference.forwardPasses -= b.forwardPasses
    difference.backwardPasses -= b.backwardPasses
    difference.tangents -= b.tangents
    difference.tokens -= b.tokens
    return difference
  }
}
