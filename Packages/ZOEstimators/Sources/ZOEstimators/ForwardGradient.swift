import TensorCore
import TuningCore

/// Forward-Grad: descent along exact slopes of the loss in random directions.
///
///     s_j = ⟨∇L, z_j⟩,    θ ← θ − η (1/q Σ_j s_j z_j + λ θ)
///
/// The slopes come of forward-mode differentiation, so there is no ε, and no gradient is held; directions are named, not
/// stored. It is what the randomized estimate tends to as ε → 0. λ leaves norms and biases alone. The reported loss is
/// L(θ).
///
/// - Cost: a forward that carries q tangents: where all parameters train a tangent takes two products to a forward's one,
///   where adapters train about one; no state.
///
/// References: Baydin et al., "Gradients without Backpropagation", 2022; Zhang et al., ICML 2024.
public struct ForwardGradient: Optimizer, Sendable {
  /// q: directions a step.
  public var queries: Int
  public var law: DirectionLaw
  /// λ, decoupled.
  public var weightDecay: Float

  public init(queries: Int = 1, law: DirectionLaw = .gaussian, weightDecay: Float = 0) {
    precondition(queries >= 1 && weightDecay >= 0, "ForwardGradient: queries \(queries), weight decay \(weightDecay)")
    self.queries = queries
    self.law = law
    self.weightDecay = weightDecay
  }

  public var directionLaw: NoiseLaw { law.noise }

  public func cost(trainableCount: Int) -> OptimizerCost {
    OptimizerCost(queriesPerStep: 1, slopesPerStep: queries, stateBytes: 0)
  }

  /// - Throws: `TuningError.notApplicable` where the oracle gives losses alone.
  public func step(_ context: StepContext, on batches: [PackedBatch], oracle: any LossOracle) throws -> StepOutcome {
    let oracle = try oracle.withDerivatives(for: Self.componentDescription.name)
    let directions = (0..<queries).map { context.direction(query: $0, law: law.noise) }
    let (loss, slopes) = try oracle.directionalDerivatives(along: directions, on: batches)
    let rate = Double(context.learningRate)
    let terms = zip(directions, slopes).map { direction, slope in
      // The slope along f z is f times that along z, and the step goes along f z once more.
      let factor = law.factor(of: direction, oracle: oracle)
      return Term(Float(-rate * Double(slope) * factor * factor / Double(queries)), direction)
    }
    return StepOutcome(loss: loss, move: Move(terms, decay: Float(rate * Double(weightDecay))))
  }
}

extension ForwardGradient {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "forward-grad", summary: "Descent along exact slopes of the loss in random directions (forward mode).",
    reference: "Baydin et al. 2022, arXiv 2202.08587; Zhang et al. 2024, arXiv 2402.11592",
    cost: "one forward pass with q tangents a step, no state",
    options: RandomizedGradientEstimator.directionOptions + [WeightDecay.strengthOption])

  public init(options: Options) {
    self.init(
      queries: options.integer("queries"), law: DirectionLaw(options: options),
      weightDecay: Float(options.number("weight_decay")))
  }
}
