import TensorCore
import TuningCore

/// The laws that an estimator may draw its directions from: those of the noise contract, and the sphere.
public enum DirectionLaw: String, Sendable, Codable, CaseIterable {
  case gaussian
  case gaussianFast = "gaussian-fast"
  case rademacher
  /// Uniform on the sphere of radius √d: a Gaussian direction times √d / ‖z‖. The factor is carried by the
  /// coefficients, so displacements, moves and ledgers know only Gaussian directions.
  case sphere

  /// The law of the noise itself.
  public var noise: NoiseLaw {
    switch self {
    case .gaussian, .sphere: .gaussian
    case .gaussianFast: .gaussianFast
    case .rademacher: .rademacher
    }
  }

  /// What a direction is to be multiplied by.
  func factor(of direction: Direction, oracle: any LossOracle) -> Double {
    guard self == .sphere else { return 1 }
    let (sum, count) = oracle.squaredNorm(of: direction)
    return sum > 0 ? (Double(count) / sum).squareRoot() : 1
  }
}
