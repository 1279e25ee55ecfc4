import TensorCore
import TuningCore

/// Losses of a function of the trainable elements, read with displacements applied as docs/noise.md says.
final class ToyOracle: LossOracle {
  let parameters: ParameterSet
  private let function: ([Double]) -> Double
  private let failure: TuningError?
  /// What was asked for, in order.
  private(set) var asked: [Displacement] = []
  var queryCount: Int { asked.count }
  let tokenCount = 0

  init(_ parameters: ParameterSet, failure: TuningError? = nil, of function: @escaping ([Double]) -> Double) {
    self.parameters = parameters
    self.function = function
    self.failure = failure
  }

  func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float] {
    asked += displacements
    if let failure { throw failure }
    return displacements.map { displacement in
      var point = parameters.elements
      for term in displacement.terms {
        let z = parameters.elements(of: term.direction)
        for i in point.indices { point[i].addProduct(term.coefficient, z[i]) }
      }
      return Float(function(point.map(Double.init)))
    }
  }

  func weight(of batch: PackedBatch) -> Double { 1 }

  func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) {
    parameters.squaredNorm(of: direction, threads: Threads(1))
  }
}

/// A quadratic's losses with their exact derivatives.
final class SlopeOracle: GradientOracle {
  let losses: ToyOracle
  private let quadratic: Quadratic
  private(set) var slopeCount = 0
  let gradientCount = 0
  var queryCount: Int { losses.queryCount }
  let tokenCount = 0

  init(_ parameters: ParameterSet, of quadratic: Quadratic) {
    losses = ToyOracle(parameters, of: quadratic.loss)
    self.quadratic = quadratic
  }

  func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float] {
    try losses.losses(at: displacements, on: batch)
  }

  func directionalDerivatives(
    along directions: [Direction], on batch: PackedBatch
  ) throws -> (loss: Float, slopes: [Float]) {
    slopeCount += directions.count
    let gradient = quadratic.gradient(losses.parameters.elements.map(Double.init))
    let slopes = directions.map { Float(dot(losses.parameters.elements(of: $0).map(Double.init), gradient)) }
    return (try losses(at: [.none], on: batch)[0], slopes)
  }

  func gradient(on _: [PackedBatch], in _: Support) throws -> Gradient {
    preconditionFailure("not asked by methods that descend along directions")
  }

  func weight(of batch: PackedBatch) -> Double { losses.weight(of: batch) }
  func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) { losses.squaredNorm(of: direction) }
}

extension ParameterSet {
  /// The trainable elements, one parameter after the other.
  var elements: [Float] { trainable.flatMap(\.tensor.values) }

  /// A direction's elements in the same order.
  func elements(of direction: Direction) -> [Float] {
    trainable.flatMap { parameter in
      [Float](unsafeUninitializedCapacity: parameter.tensor.count) { buffer, count in
        count = parameter.tensor.count
        direction.fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]), of: parameter.path, start: 0)
      }
    }
  }

  /// One linear parameter of these elements.
  static func vector(_ elements: [Float]) throws -> ParameterSet {
    var set = ParameterSet()
    let tensor = try Tensor(elements, shape: [elements.count])
    set.append(Parameter(path: "theta", tensor: tensor, role: .linear, isTrainable: true))
    return set
  }
}

/// ½ θ'Hθ + b'θ.
struct Quadratic {
  let hessian: [Double]
  let linear: [Double]

  func loss(_ x: [Double]) -> Double { (dot(x, product(x)) + 2 * dot(linear, x)) / 2 }
  func gradient(_ x: [Double]) -> [Double] { zip(product(x), linear).map(+) }

  private func product(_ x: [Double]) -> [Double] {
    let d = x.count
    return (0..<d).map { row in (0..<d).reduce(0.0) { $0 + hessian[row * d + $1] * x[$1] } }
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// Nothing is read of a batch here.
func emptyBatch() throws -> [PackedBatch] { [try PackedBatch([])] }

extension StepOutcome {
  /// Of an optimizer of moves.
  var move: Move {
    guard case .move(let move) = update else { preconditionFailure("an estimate") }
    return move
  }
}

extension StepContext {
  static func test(step: Int = 0, learningRate: Float = 0.01, seed: UInt64 = 7) -> StepContext {
    StepContext(step: step, learningRate: learningRate, seeds: SeedSequence(runSeed: seed))
  }
}
