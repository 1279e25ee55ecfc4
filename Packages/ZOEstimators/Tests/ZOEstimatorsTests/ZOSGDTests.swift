import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// MeZO's algorithms 1 and 2 in double, from the papers, on a function whose parameters are one vector.
private struct Textbook {
  var theta: [Double]
  let loss: ([Double]) -> Double
  /// 1 where weight decay reaches.
  let decays: [Double]

  mutating func step(directions: [[Double]], epsilon: Double, twoSided: Bool, rate: Double, weightDecay: Double) {
    var gradient = [Double](repeating: 0, count: theta.count)
    for z in directions {
      func at(_ distance: Double) -> Double { loss(zip(theta, z).map { $0 + distance * $1 }) }
      let slope = twoSided ? (at(epsilon) - at(-epsilon)) / (2 * epsilon) : (at(epsilon) - at(0)) / epsilon
      for i in gradient.indices { gradient[i] += slope * z[i] / Double(directions.count) }
    }
    for i in theta.indices { theta[i] -= rate * (gradient[i] + weightDecay * decays[i] * theta[i]) }
  }
}

@Suite struct ZOSGDTests {
  private static let shapes = RandomizedGradientEstimator.Sides.allCases.flatMap { sides in
    [1, 3].map { (sides: sides, queries: $0) }
  }

  private func expectClose(_ got: [Float], _ expected: [Double], _ what: String) {
    let bound = 1e-5 * (expected.map { abs($0) }.max() ?? 0)
    let worst = zip(got, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(got.count == expected.count && worst <= bound, "\(what): off by \(worst)")
  }

  @Test(arguments: DirectionLaw.allCases, shapes)
  func isTheTextbooks(_ law: DirectionLaw, _ shape: (sides: RandomizedGradientEstimator.Sides, queries: Int)) throws {
    let golden = try Golden.load(), quadratic = golden.quadratic
    let estimator = RandomizedGradientEstimator(
      epsilon: 0.125, queries: shape.queries, sides: shape.sides, law: law)
    let optimizer = ZOSGD(estimator: estimator, weightDecay: 0.5)
    let parameters = try golden.parameterSet(), oracle = ToyOracle(parameters, of: quadratic.loss)
    let schedule = LearningRateSchedule(shape: .cosine, peak: 0.01, warmup: 2, total: 10)
    var textbook = Textbook(
      theta: parameters.elements.map(Double.init), loss: quadratic.loss,
      decays: parameters.trainable.flatMap { [Double](repeating: $0.role == .linear ? 1 : 0, count: $0.tensor.count) })
    for step in 0..<10 {
      let context = StepContext.test(step: step, learningRate: schedule.rate(at: step))
      let directions = (0..<shape.queries).map { query in
        let z = parameters.elements(of: context.direction(query: query, law: law.noise)).map(Double.init)
        let scale = law == .sphere ? (Double(z.count) / dot(z, z)).squareRoot() : 1
        return z.map { $0 * scale }
      }
      let move = try optimizer.step(context, on: emptyBatch(), oracle: oracle).move
      parameters.apply(move, threads: Threads(1))
      textbook.step(
        directions: directions, epsilon: 0.125, twoSided: shape.sides == .two, rate: Double(context.learningRate),
        weightDecay: 0.5)
      expectClose(parameters.elements, textbook.theta, "\(law), \(shape), step \(step)")
    }
    #expect(parameters["frozen.weight"]?.tensor.values == [1, 2, 3])
  }

  /// On a flat loss decay is all that happens.
  @Test func normsAndBiasesDoNotDecay() throws {
    let parameters = try Golden.load().parameterSet(), before = parameters.trainable.map(\.tensor.values)
    let optimizer = ZOSGD(weightDecay: 0.5), oracle = ToyOracle(parameters) { _ in 3 }
    let outcome = try optimizer.step(.test(learningRate: 0.25), on: emptyBatch(), oracle: oracle)
    parameters.apply(outcome.move, threads: Threads(1))
    for (parameter, before) in zip(parameters.trainable, before) {
      let keep: Float = parameter.role == .linear ? 0.875 : 1
      #expect(parameter.tensor.values == before.map { keep * $0 }, "\(parameter.path)")
    }
    #expect(outcome.loss == 3)
  }
}
