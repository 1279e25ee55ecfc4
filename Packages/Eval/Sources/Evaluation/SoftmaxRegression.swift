import Foundation

/// Multinomial logistic regression without intercept, fitted exactly: the W [K, C] that minimises
///
///     − c Σᵢ log softmax(W xᵢ)[yᵢ] + ½ ‖W‖²
///
/// With c = 1, scikit-learn's default, and three classes or more it is `LogisticRegression(fit_intercept=False)`; for
/// two classes scikit-learn fits one vector in place of two, and so penalises differently.
///
/// Newton's method with conjugate gradients and backtracking, in double, sums in a fixed order: a function of its input.
/// The function is strictly convex, so where it starts does not matter.
///
/// - Cost: an iteration of the inner loop 4 · N · C · K operations; tens to hundreds of them.
public struct SoftmaxRegression: Sendable {
  /// K
  public let classCount: Int
  /// C
  public let width: Int
  /// W, row by row.
  public let weights: [Double]
  /// Steps of Newton's method that it took.
  public let iterations: Int

  /// Fits.
  ///
  /// - Parameters:
  ///   - features: x, [N, width] row by row.
  ///   - classes: y of each row, in 0 ..< classCount.
  ///   - inverseRegularisation: c.
  ///   - tolerance: of the gradient's norm, as a share of what it is at W = 0.
  /// - Throws: `TuningError.invalidConfiguration` for numbers that are not finite or do not fit together, or where the
  ///   tolerance is not reached.
  public init(
    features: [Float], width: Int, classes: [Int], classCount: Int, inverseRegularisation: Double = 1,
    tolerance: Double = 1e-8
  ) throws {
    let problem = try SoftmaxProblem(
      features: features, width: width, classes: classes, classCount: classCount, strength: inverseRegularisation)
    self.classCount = classCount
    self.width = width
    (weights, iterations) = try problem.minimum(tolerance: tolerance)
  }
}
