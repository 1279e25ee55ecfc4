import TensorCore
import TuningCore

/// An optimizer that descends along the exact gradient by an update rule: it is made of a rule, and everything else
/// follows.
///
///     g = ∇L of the step's batches, shortened by `clipping`,    θ ← (1 − ηλ) θ − η u(g, state)
///
/// The reported loss is L(θ).
///
/// - Cost: of each batch a forward and a backward pass with the activations that lie between them; 4 bytes a trainable
///   scalar for the gradient, and 4 for each tensor that the rule keeps.
public protocol ExactDescent: Optimizer, Sendable {
  /// As recipes name it.
  static var componentDescription: ComponentDescription { get }
  var clipping: GradientClipping { get }
  var updateRule: any UpdateRule { get }
}

extension ExactDescent {
  public var rule: (any UpdateRule)? { updateRule }

  public func cost(trainableCount: Int) -> OptimizerCost {
    OptimizerCost(
      queriesPerStep: 1, gradientsPerStep: 1, gradientBytes: 4 * trainableCount,
      stateBytes: OptimizerCost.stateBytes(of: updateRule, trainableCount: trainableCount))
  }

  /// - Throws: `TuningError.notApplicable` where the oracle gives losses alone, `.nonFiniteLoss` where the gradient is
  ///   not finite.
  public func step(_ context: StepContext, on batches: [PackedBatch], oracle: any LossOracle) throws -> StepOutcome {
    let oracle = try oracle.withDerivatives(for: Self.componentDescription.name)
    let gradient = try oracle.gradient(on: batches, in: context.support), norm = gradient.norm()
    guard norm.isFinite else {
      throw TuningError(.nonFiniteLoss, "the gradient's norm is \(norm): lower the learning rate")
    }
    return StepOutcome(
      loss: gradient.loss,
      update: .descent(
        .gradient(gradient, scale: clipping.scale(norm: norm)), learningRate: context.learningRate))
  }
}
