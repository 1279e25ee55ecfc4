import Foundation
import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// Ten steps in float64 by References/zo-sgd/reference.py.
struct Golden: Decodable {
  struct Entry: Decodable {
    let path: String
    let shape: [Int]
    let role: ParameterRole
  }
  struct Case: Decodable {
    let law: DirectionLaw
    let sides: RandomizedGradientEstimator.Sides
    let schedule: LearningRateSchedule.Shape
    let queries: Int
    let weightDecay, epsilon, learningRate: Float
    let seed: UInt64
    /// θ after each step.
    let thetas: [[Double]]
    let losses: [Double]

    var optimizer: ZOSGD {
      let estimator = RandomizedGradientEstimator(epsilon: epsilon, queries: queries, sides: sides, law: law)
      return ZOSGD(estimator: estimator, weightDecay: weightDecay)
    }
    var rates: LearningRateSchedule { LearningRateSchedule(shape: schedule, peak: learningRate, total: thetas.count) }
  }

  let parameters: [Entry]
  let hessian, linear: [Double]
  let start: [Float]
  let cases: [Case]

  static func load() throws -> Golden {
    let file = try #require(Bundle.module.url(forResource: "zo-sgd", withExtension: "json", subdirectory: "Goldens"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Golden.self, from: Data(contentsOf: file))
  }

  var quadratic: Quadratic { Quadratic(hessian: hessian, linear: linear) }

  /// Fresh parameters at the start, and a frozen one among them that must not count.
  func parameterSet() throws -> ParameterSet {
    var set = ParameterSet(), first = 0
    for entry in parameters {
      let count = entry.shape.reduce(1, *)
      let tensor = try Tensor(Array(start[first..<first + count]), shape: entry.shape)
      set.append(Parameter(path: ParameterPath(entry.path), tensor: tensor, role: entry.role, isTrainable: true))
      if first == 0 {
        set.append(Parameter(path: "frozen.weight", tensor: try Tensor([1, 2, 3], shape: [3]), role: .linear))
      }
      first += count
    }
    return set
  }
}
