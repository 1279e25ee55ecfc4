/// What is known of the gradient ∇L after a step's questions.
public enum GradientEstimate: Hashable, Sendable {
  /// Σ cⱼ zⱼ: directions are named, never stored.
  case directions([Term])
}

/// What a step does to the trainable parameters.
public enum ParameterUpdate: Hashable, Sendable {
  /// Linear, and knows nothing of earlier steps.
  case move(Move)
  /// θ against what the optimizer's `UpdateRule` makes of the estimate, at this learning rate.
  case descent(GradientEstimate, learningRate: Float)

  /// Its directions with their coefficients: what a ledger holds.
  public var terms: [Term] {
    switch self {
    case .move(let move): move.terms
    case .descent(.directions(let terms), _): terms
    }
  }

  public var isFinite: Bool {
    let scale =
      switch self {
      case .move(let move): move.decay
      case .descent(_, let rate): rate
      }
    return scale.isFinite && terms.allSatisfy(\.coefficient.isFinite)
  }
}
