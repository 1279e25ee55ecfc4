/// What a step does to the trainable parameters.
public enum ParameterUpdate: Equatable, Sendable {
  /// Linear, and knows nothing of earlier steps.
  case move(Move)
  /// θ against what the optimizer's `UpdateRule` makes of the estimate, at this learning rate.
  case descent(GradientEstimate, learningRate: Float)

  /// Its directions with their coefficients: what a ledger holds. None where it goes along an exact gradient.
  public var terms: [Term] {
    switch self {
    case .move(let move): move.terms
    case .descent(.directions(let terms), _): terms
    case .descent(.gradient, _): []
    }
  }

  public var isFinite: Bool {
    switch self {
    case .move(let move): move.decay.isFinite && terms.allSatisfy(\.coefficient.isFinite)
    case .descent(.directions(let terms), let rate): rate.isFinite && terms.allSatisfy(\.coefficient.isFinite)
    case .descent(.gradient(_, let scale), let rate): rate.isFinite && scale.isFinite
    }
  }
}
