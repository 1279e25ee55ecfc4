import TensorCore
import TuningCore

/// The randomized gradient estimator (RGE): finite differences of the loss along q random directions.
///
///     two-sided   g_j = [L(θ + ε z_j) − L(θ − ε z_j)] / 2ε
///     one-sided   g_j = [L(θ + ε z_j) − L(θ)] / ε
///     estimate    ∇L ≈ 1/q Σ_j g_j z_j
///
/// - Cost: 2q losses (two-sided) or q + 1 (one-sided); no memory: directions are named, not stored.
/// - Bias: O(ε²) two-sided, O(ε) one-sided; the variance grows with the number of trainable scalars over q.
///
/// References: Nesterov & Spokoiny 2017; Malladi et al. 2023 (MeZO, algorithms 1 and 2); Zhang et al. 2024 (ZO-LLM).
public struct RandomizedGradientEstimator: Sendable {
  public enum Sides: String, Sendable, Codable, CaseIterable {
    case two = "two-sided"
    case one = "one-sided"
  }

  /// ε: how far along a direction the loss is asked for.
  public var epsilon: Float
  /// q: directions a step.
  public var queries: Int
  public var sides: Sides
  public var law: DirectionLaw

  public init(epsilon: Float = 1e-3, queries: Int = 1, sides: Sides = .two, law: DirectionLaw = .gaussian) {
    precondition(epsilon > 0 && queries >= 1, "RandomizedGradientEstimator: epsilon \(epsilon), queries \(queries)")
    self.epsilon = epsilon
    self.queries = queries
    self.sides = sides
    self.law = law
  }

  /// Losses that one estimate asks for.
  public var lossesPerEstimate: Int { sides == .two ? 2 * queries : queries + 1 }

  /// One direction's share of an estimate.
  public struct Projection: Sendable {
    /// g_j: the slope of the loss along the direction as the law has it.
    public var slope: Double
    /// The law's factor over q: 1/q, or √d / ‖z‖ / q on the sphere.
    public var weight: Double
    public var direction: Direction

    /// Of z_j in the estimate.
    public var coefficient: Double { slope * weight }
  }

  /// 1/q Σ g_j z_j, and a loss: the mean of all two-sided losses, or L(θ).
  public struct Estimate: Sendable {
    public var loss: Float
    public var terms: [Projection]

    /// The estimate times `factor`.
    public func scaled(by factor: Double) -> [Term] {
      terms.map { Term(Float(factor * $0.coefficient), $0.direction) }
    }
  }

  public func estimate(_ context: StepContext, on batches: [PackedBatch], oracle: any LossOracle) throws -> Estimate {
    let directions = (0..<queries).map { context.direction(query: $0, law: law.noise) }
    let factors = directions.map { law.factor(of: $0, oracle: oracle) }
    let steps = factors.map { Float(Double(epsilon) * $0) }
    let losses = try oracle.losses(at: displacements(directions, steps), on: batches).map(Double.init)
    let terms = directions.indices.map { j in
      let slope =
        sides == .two
        ? (losses[2 * j] - losses[2 * j + 1]) / (2 * Double(epsilon)) : (losses[j + 1] - losses[0]) / Double(epsilon)
      return Projection(slope: slope, weight: factors[j] / Double(queries), direction: directions[j])
    }
    let loss = sides == .two ? losses.reduce(0, +) / Double(losses.count) : losses[0]
    return Estimate(loss: Float(loss), terms: terms)
  }

  private func displacements(_ directions: [Direction], _ steps: [Float]) -> [Displacement] {
    switch sides {
    case .two:
      zip(directions, steps).flatMap { [Displacement([Term($1, $0)]), Displacement([Term(-$1, $0)])] }
    case .one:
      [.none] + zip(directions, steps).map { Displacement([Term($1, $0)]) }
    }
  }
}
