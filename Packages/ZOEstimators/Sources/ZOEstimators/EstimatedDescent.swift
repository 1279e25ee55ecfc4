import TensorCore
import TuningCore

/// An optimizer that estimates the gradient along random directions and descends by an update rule: it is made of an
/// estimator and a rule, and everything else follows.
///
///     ĝ = 1/q Σ_j g_j z_j,    θ ← (1 − η λ) θ − η u(ĝ, state)
///
/// The reported loss is the estimate's.
///
/// - Cost: 2q losses a step (q + 1 one-sided), and 4 bytes a trainable scalar for each tensor that the rule keeps.
public protocol EstimatedDescent: Optimizer, Sendable {
  var estimator: RandomizedGradientEstimator { get }
  var updateRule: any UpdateRule { get }

  /// What the rule is given of an estimate; the estimate itself where an optimizer does not say otherwise.
  func gradient(of estimate: RandomizedGradientEstimator.Estimate) -> GradientEstimate
}

extension EstimatedDescent {
  public var directionLaw: NoiseLaw { estimator.law.noise }
  public var rule: (any UpdateRule)? { updateRule }

  public func gradient(of estimate: RandomizedGradientEstimator.Estimate) -> GradientEstimate {
    .directions(estimate.scaled(by: 1))
  }

  public func cost(trainableCount: Int) -> OptimizerCost {
    OptimizerCost(queriesPerStep: estimator.lossesPerEstimate, rule: updateRule, trainableCount: trainableCount)
  }

  public func step(_ context: StepContext, on batches: [PackedBatch], oracle: any LossOracle) throws -> StepOutcome {
    let estimate = try estimator.estimate(context, on: batches, oracle: oracle)
    return StepOutcome(
      loss: estimate.loss, update: .descent(gradient(of: estimate), learningRate: context.learningRate))
  }
}
