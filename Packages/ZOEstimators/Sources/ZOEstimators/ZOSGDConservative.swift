import TensorCore
import TuningCore

/// ZO-SGD-Cons: of the parameters as they are, a step against the estimate and a step along it, the best on the batch.
///
///     θ ← argmin L over { θ, θ − η ĝ, θ + η ĝ },    ĝ = 1/q Σ_j g_j z_j
///
/// and then (1 − ηλ) θ beside whichever step was taken. Candidates are displacements, so their losses are those of the
/// very parameters that they stand for, and nothing is written or kept. Where losses are equal θ stays; where both steps
/// gain alike, the one against the estimate is taken. The reported loss is L(θ).
///
/// - Cost: 2q + 3 losses a step (q + 3 one-sided); no state.
///
/// Reference: Zhang et al., "Revisiting Zeroth-Order Optimization for Memory-Efficient LLM Fine-Tuning", ICML 2024.
public struct ZOSGDConservative: Optimizer, Sendable {
  public var estimator: RandomizedGradientEstimator
  /// λ, decoupled.
  public var weightDecay: Float

  public init(estimator: RandomizedGradientEstimator = .init(), weightDecay: Float = 0) {
    precondition(weightDecay >= 0, "ZOSGDConservative: weight decay \(weightDecay)")
    self.estimator = estimator
    self.weightDecay = weightDecay
  }

  public var directionLaw: NoiseLaw { estimator.law.noise }

  public func cost(trainableCount: Int) -> OptimizerCost {
    OptimizerCost(queriesPerStep: estimator.lossesPerEstimate + (estimator.sides == .two ? 3 : 2), stateBytes: 0)
  }

  public func step(_ context: StepContext, on batches: [PackedBatch], oracle: any LossOracle) throws -> StepOutcome {
    let estimate = try estimator.estimate(context, on: batches, oracle: oracle)
    let rate = Double(context.learningRate)
    let steps = [-rate, rate].map(estimate.scaled)
    // The pair first: it is evaluated side by side. A one-sided estimate has seen L(θ).
    let displacements = steps.map(Displacement.init) + (estimator.sides == .two ? [.none] : [])
    let losses = try oracle.losses(at: displacements, on: batches)
    let (against, along, here) = (losses[0], losses[1], estimator.sides == .two ? losses[2] : estimate.loss)
    let chosen =
      against < here && against <= along ? steps[0] : along < here ? steps[1] : estimate.scaled(by: 0)
    return StepOutcome(loss: here, move: Move(chosen, decay: Float(rate * Double(weightDecay))))
  }
}

extension ZOSGDConservative {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "zo-sgd-cons",
    summary: "Conservative ZO-SGD: steps against or along the estimate, or stays, whichever has the lowest loss.",
    reference: "Zhang et al. 2024, arXiv 2402.11592",
    cost: "2q + 3 forward passes a step (q + 3 one-sided), no state",
    options: RandomizedGradientEstimator.options + [WeightDecay.strengthOption])

  public init(options: Options) {
    self.init(estimator: .init(options: options), weightDecay: Float(options.number("weight_decay")))
  }
}
