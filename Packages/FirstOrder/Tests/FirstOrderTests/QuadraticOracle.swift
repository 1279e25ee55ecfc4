import TensorCore
import TuningCore

/// ½ Σ hᵢ θᵢ² + Σ bᵢ θᵢ of a matrix that decays and a bias that does not.
final class QuadraticOracle: GradientOracle {
  let parameters: ParameterSet
  static let paths: [ParameterPath] = ["layer.weight", "layer.bias"]
  private let curvature: [[Double]] = [[2, 1, 0.5, 1.5, 3, 0.25], [1, 4]]
  private let slope: [[Double]] = [[0.25, -1, 2, 0.5, -3, 1], [-2, 0.75]]
  private(set) var queryCount = 0, gradientCount = 0
  let slopeCount = 0, tokenCount = 0

  init(dtype: DType = .float32) throws {
    var parameters = ParameterSet()
    for (path, (values, role)) in zip(
      Self.paths, [([0.5, 1.5, -1, 0.25, 2, -0.75] as [Float], ParameterRole.linear), ([0.125, -2], .bias)])
    {
      let tensor = try Tensor(values, shape: [values.count]).copy(as: dtype)
      parameters.append(Parameter(path: path, tensor: tensor, role: role, isTrainable: true))
    }
    self.parameters = parameters
  }

  var values: [[Double]] { parameters.parameters.map { $0.tensor.values.map(Double.init) } }

  func loss(_ theta: [[Double]]) -> Double {
    zip(theta, zip(curvature, slope)).reduce(0) { sum, entry in
      let (x, (h, b)) = entry
      return x.indices.reduce(sum) { $0 + x[$1] * (h[$1] * x[$1] / 2 + b[$1]) }
    }
  }

  func gradient(_ theta: [[Double]]) -> [[Double]] {
    zip(theta, zip(curvature, slope)).map { x, constants in
      x.indices.map { constants.0[$0] * x[$0] + constants.1[$0] }
    }
  }

  func losses(at displacements: [Displacement], on batch: PackedBatch) -> [Float] {
    queryCount += displacements.count
    return displacements.map { _ in Float(loss(values)) }
  }

  func gradient(on batches: [PackedBatch], in support: Support) throws -> Gradient {
    gradientCount += 1
    queryCount += 1
    let tensors = try zip(Self.paths, gradient(values)).map { path, values in
      (path, try Tensor(values.map { Float($0) }, shape: [values.count]))
    }
    return Gradient(loss: Float(loss(values)), tensors: Dictionary(uniqueKeysWithValues: tensors))
  }

  func directionalDerivatives(along _: [Direction], on _: PackedBatch) -> (loss: Float, slopes: [Float]) {
    preconditionFailure("not asked by these optimizers")
  }

  func weight(of _: PackedBatch) -> Double { 1 }
  func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) {
    parameters.squaredNorm(of: direction, threads: Threads(1))
  }
}

/// An oracle of losses alone.
final class LossesAlone: LossOracle {
  let queryCount = 0, tokenCount = 0
  func losses(at displacements: [Displacement], on _: PackedBatch) -> [Float] { displacements.map { _ in 0 } }
  func weight(of _: PackedBatch) -> Double { 1 }
  func squaredNorm(of _: Direction) -> (sum: Double, count: Int) { (1, 1) }
}
