import TensorCore
import TuningCore

/// ZO-SGD, known as MeZO: gradient descent along the randomized estimate.
///
///     θ ← θ − η (1/q Σ_j g_j z_j + λ θ)
///
/// λ leaves norms and biases alone. The reported loss is the estimate's.
///
/// - Cost: 2q losses a step (q + 1 one-sided) and one pass over the trainable parameters; no state, whatever q.
///
/// Reference: Malladi et al., "Fine-Tuning Language Models with Just Forward Passes", NeurIPS 2023, algorithms 1 and 2.
public struct ZOSGD: Optimizer, Sendable {
  public var estimator: RandomizedGradientEstimator
  /// λ, decoupled.
  public var weightDecay: Float

  public init(estimator: RandomizedGradientEstimator = .init(), weightDecay: Float = 0) {
    precondition(weightDecay >= 0, "ZOSGD: weight decay \(weightDecay)")
    self.estimator = estimator
    self.weightDecay = weightDecay
  }

  public var directionLaw: NoiseLaw { estimator.law.noise }

  public func cost(trainableCount: Int) -> OptimizerCost {
    OptimizerCost(queriesPerStep: estimator.lossesPerEstimate, stateBytes: 0)
  }

  public func step(_ context: StepContext, on batch: PackedBatch, oracle: any LossOracle) throws -> StepOutcome {
    let estimate = try estimator.estimate(context, on: batch, oracle: oracle)
    let rate = Double(context.learningRate)
    let terms = estimate.terms.map { Term(Float(-rate * $0.coefficient), $0.direction) }
    return StepOutcome(loss: estimate.loss, move: Move(terms, decay: Float(rate * Double(weightDecay))))
  }
}
