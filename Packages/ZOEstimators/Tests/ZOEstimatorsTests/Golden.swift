import Foundation
import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// Steps in float64 by References/zo-optimizers/reference.py.
struct Golden: Decodable {
  struct Entry: Decodable {
    let path: String
    let shape: [Int]
    let role: ParameterRole
  }
  struct Case: Decodable {
    let optimizer: String
    let options: [String: OptionValue]
    /// `quadratic` or `network`
    let function: String
    let schedule: LearningRateSchedule.Shape
    let warmup: Int
    let learningRate: Float
    let seed: UInt64
    /// θ after each step, and the loss that the step told.
    let thetas: [[Double]]
    let losses: [Double]
    /// What the conservative one did: −1 against the estimate, 1 along it, 0 nothing.
    let choices: [Int]

    private enum CodingKeys: String, CodingKey {
      case optimizer, options, function, schedule, warmup, seed, thetas, losses, choices
      case learningRate = "learning_rate"
    }

    var rates: LearningRateSchedule {
      LearningRateSchedule(shape: schedule, peak: learningRate, warmup: warmup, total: thetas.count)
    }
  }

  let parameters: [Entry]
  let hessian, linear: [Double]
  let start: [Float]
  let inputs: [[Double]]
  let targets: [Double]
  let cases: [Case]

  static func load() throws -> Golden {
    let file = try #require(
      Bundle.module.url(forResource: "zo-optimizers", withExtension: "json", subdirectory: "Goldens"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  var quadratic: Quadratic { Quadratic(hessian: hessian, linear: linear) }

  func function(_ name: String) -> ([Double]) -> Double {
    if name == "network" { return network }
    return quadratic.loss
  }

  /// Mean over rows of (n'h − y)² / 2 with h = tanh(W x + b) and n = (1, norm.weight).
  private func network(_ theta: [Double]) -> Double {
    let losses = zip(inputs, targets).map { input, target in
      let hidden = (0..<3).map { tanh(dot(Array(theta[4 * $0..<4 * $0 + 4]), input) + theta[12 + $0]) }
      let error = dot(hidden, [1, theta[15], theta[16]]) - target
      return error * error / 2
    }
    return losses.reduce(0, +) / Double(losses.count)
  }

  /// Fresh parameters at the start, and a frozen one among them that must not count.
  func parameterSet(elements: [Float]? = nil, dtype: DType = .float32) throws -> ParameterSet {
    let start = elements ?? start
    var set = ParameterSet(), first = 0
    for entry in parameters {
      let count = entry.shape.reduce(1, *)
      let tensor = try Tensor(Array(start[first..<first + count]), shape: entry.shape, dtype: dtype)
      set.append(Parameter(path: ParameterPath(entry.path), tensor: tensor, role: entry.role, isTrainable: true))
      if first == 0 {
        set.append(Parameter(path: "frozen.weight", tensor: try Tensor([1, 2, 3], shape: [3]), role: .linear))
      }
      first += count
    }
    return set
  }
}
