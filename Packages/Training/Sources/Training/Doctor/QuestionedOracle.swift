import Autodiff
import TensorCore
import TuningCore

/// Passes an optimizer's questions on, and compares the differences of the losses that it gets with the exact slopes:
/// whatever optimizer asks, its own questions are judged.
final class QuestionedOracle: GradientOracle {
  /// Differences of losses along one direction at one batch, for each of `QuestionedOracle.scales`.
  struct Difference {
    /// (L(a z) − L(b z)) / (a − b), with a and b as asked times each scale; empty where the objective has no slopes.
    var quotients: [Double]
    /// ⟨∇L, z⟩; nil where the objective has none.
    var slope: Double?
    /// |L(a z) − L(b z)| against the greater of the two.
    var gap: Double

    /// Whether the two losses were the same number.
    var isFlat: Bool { gap == 0 }
  }

  /// Of the displacements that were asked for: as they were, a tenth, ten times.
  static let scales: [Float] = [1, 0.1, 10]

  /// Whose losses are asked for.
  private let asked: any LossOracle
  private let exact: ExactOracle
  /// Directions that are compared, at most.
  private let limit: Int
  private(set) var differences: [Difference] = []
  /// Seconds that the comparisons took: not the optimizer's.
  private(set) var ownSeconds = 0.0

  /// - Parameter exact: gives the derivatives of what `asked` gives losses of, where there are any.
  init(_ asked: any LossOracle, _ exact: ExactOracle, comparing limit: Int) {
    self.asked = asked
    self.exact = exact
    self.limit = limit
  }

  func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float] {
    let losses = try asked.losses(at: displacements, on: batch), watch = Stopwatch()
    for pair in Pair.pairs(of: displacements) where differences.count < limit {
      differences.append(try compare(pair, losses, on: batch))
    }
    ownSeconds += watch.seconds
    return losses
  }

  /// Two displacements along one direction, the farthest apart.
  private struct Pair {
    var direction: Direction
    var coefficients: [Float]
    var indices: [Int]

    static func pairs(of displacements: [Displacement]) -> [Pair] {
      var directions: [Direction] = []
      for case let direction? in displacements.map({ $0.terms.count == 1 ? $0.terms[0].direction : nil })
      where !directions.contains(direction) { directions.append(direction) }
      return directions.compactMap { direction in
        let points = displacements.enumerated().compactMap { index, displacement -> (Float, Int)? in
          switch displacement.terms.count {
          case 0: (0, index)
          case 1 where displacement.terms[0].direction == direction: (displacement.terms[0].coefficient, index)
          default: nil
          }
        }
        guard let low = points.min(by: { $0.0 < $1.0 }), let high = points.max(by: { $0.0 < $1.0 }), low.0 < high.0
        else { return nil }
        return Pair(direction: direction, coefficients: [high.0, low.0], indices: [high.1, low.1])
      }
    }
  }

  private func compare(_ pair: Pair, _ losses: [Float], on batch: PackedBatch) throws -> Difference {
    let given = pair.indices.map { losses[$0] }
    let gap = given[0] == given[1] ? 0 : Double(abs(given[0] - given[1]) / max(abs(given[0]), abs(given[1])))
    let hasSlopes = asked === exact && exact.losses.objective.isDifferentiable
    guard hasSlopes else { return Difference(quotients: [], slope: nil, gap: gap) }
    let quotients = try Self.scales.map { scale in
      let coefficients = pair.coefficients.map { $0 * scale }
      let ends =
        scale == 1
        ? given
        : try asked.losses(at: coefficients.map { Displacement([Term($0, pair.direction)]) }, on: batch)
      return (Double(ends[0]) - Double(ends[1])) / (Double(coefficients[0]) - Double(coefficients[1]))
    }
    let slope = try exact.directionalDerivatives(along: [pair.direction], on: batch).slopes[0]
    return Difference(quotients: quotients, slope: Double(slope), gap: gap)
  }

  // MARK: everything else is passed on

  var queryCount: Int { asked.queryCount }
  var tokenCount: Int { asked.tokenCount }
  var gradientCount: Int { exact.gradientCount }
  var slopeCount: Int { exact.slopeCount }

  func weight(of batch: PackedBatch) -> Double { asked.weight(of: batch) }
  func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) { exact.squaredNorm(of: direction) }
  func remember(_ batches: [PackedBatch], for parts: [Part]) { exact.remember(batches, for: parts) }
  func parametersChanged(in paths: Set<ParameterPath>) { exact.parametersChanged(in: paths) }
  func forget() { exact.forget() }

  func gradient(on batches: [PackedBatch], in support: Support) throws -> Gradient {
    try exact.gradient(on: batches, in: support)
  }

  func directionalDerivatives(
    along directions: [Direction], on batch: PackedBatch
  ) throws -> (loss: Float, slopes: [Float]) {
    try exact.directionalDerivatives(along: directions, on: batch)
  }
}
