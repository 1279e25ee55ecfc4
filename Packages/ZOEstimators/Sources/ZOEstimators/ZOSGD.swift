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

  public func step(_ context: StepContext, on batches: [PackedBatch], oracle: any LossOracle) throws -> StepOutcome {
    let estimate = try estimator.estimate(context, on: batches, oracle: oracle)
    let rate = Double(context.learningRate)
    return StepOutcome(
      loss: estimate.loss, move: Move(estimate.scaled(by: -rate), decay: Float(rate * Double(weightDecay))))
  }
}

extension ZOSGD {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "zo-sgd",
    summary: "Zeroth-order SGD (MeZO): descent along finite differences of the loss in random directions.",
    reference: "Malladi et al. 2023, arXiv 2305.17333; Zhang et al. 2024, arXiv 2402.11592",
    cost: "2q forward passes a step (q + 1 one-sided), no state",
    options: RandomizedGradientEstimator.options + [WeightDecay.strengthOption])

  public init(options: Options) {
    self.init(estimator: .init(options: options), weightDecay: Float(options.number("weight_decay")))
  }
}
