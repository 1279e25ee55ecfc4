import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// The randomized estimate against closed forms.
@Suite struct EstimateTests {
  private static let sides = RandomizedGradientEstimator.Sides.allCases

  /// Σ cⱼ zⱼ as a vector.
  private func vector(_ estimate: RandomizedGradientEstimator.Estimate, in parameters: ParameterSet) -> [Double] {
    var sum = [Double](repeating: 0, count: parameters.trainableCount)
    for term in estimate.terms {
      for (i, z) in parameters.elements(of: term.direction).enumerated() { sum[i] += term.coefficient * Double(z) }
    }
    return sum
  }

  /// On b'θ + c the slope along z is b'z, for any ε.
  @Test(arguments: DirectionLaw.allCases, sides)
  func aLinearLossIsSeenExactly(_ law: DirectionLaw, _ sides: RandomizedGradientEstimator.Sides) throws {
    let slope = [0.5, -2, 1.25, 0.75], parameters = try ParameterSet.vector([1, 0, -1, 2])
    let oracle = ToyOracle(parameters) { dot(slope, $0) }
    for epsilon: Float in [0.0625, 1] {
      let estimator = RandomizedGradientEstimator(epsilon: epsilon, queries: 3, sides: sides, law: law)
      let estimate = try estimator.estimate(.test(), on: emptyBatch(), oracle: oracle)
      for term in estimate.terms {
        let z = parameters.elements(of: term.direction).map(Double.init)
        // On the sphere both the step and the direction carry √d / ‖z‖.
        let squaredFactor = law == .sphere ? 4 / dot(z, z) : 1
        let expected = squaredFactor * dot(slope, z) / 3
        #expect(abs(term.coefficient - expected) < 1e-5 * (1 + abs(expected)), "ε = \(epsilon)")
      }
    }
  }

  /// On a quadratic the two-sided slope is z'∇L for any ε, the one-sided one is off by ε/2 z'Hz.
  @Test(arguments: sides) func biasOnAQuadratic(_ sides: RandomizedGradientEstimator.Sides) throws {
    let quadratic = Quadratic(hessian: [2, 0.5, 0.5, 1], linear: [0.25, -1])
    let parameters = try ParameterSet.vector([0.5, 1.5]), gradient = quadratic.gradient([0.5, 1.5])
    let curvature = Quadratic(hessian: quadratic.hessian, linear: [0, 0])
    let oracle = ToyOracle(parameters, of: quadratic.loss)
    for epsilon: Float in [0.125, 1] {
      let estimator = RandomizedGradientEstimator(epsilon: epsilon, sides: sides)
      let term = try estimator.estimate(.test(), on: emptyBatch(), oracle: oracle).terms[0]
      let z = parameters.elements(of: term.direction).map(Double.init)
      let bias = sides == .two ? 0 : Double(epsilon) * curvature.loss(z)
      #expect(abs(term.coefficient - dot(z, gradient) - bias) < 1e-5, "ε = \(epsilon)")
    }
  }

  @Test func theLossToldIsTheMeanOfThePairsOrTheLossItself() throws {
    let parameters = try ParameterSet.vector([1]), oracle = ToyOracle(parameters) { $0[0] * $0[0] }
    let one = RandomizedGradientEstimator(epsilon: 0.5, queries: 2, sides: .one)
    #expect(try one.estimate(.test(), on: emptyBatch(), oracle: oracle).loss == 1)
    let two = RandomizedGradientEstimator(epsilon: 0.5, queries: 2, sides: .two, law: .rademacher)
    // (1.5² + 0.5²) / 2
    #expect(try two.estimate(.test(), on: emptyBatch(), oracle: oracle).loss == 1.25)
  }

  /// The estimate e on a quadratic over many seeds: E e = ∇L, and E |e|² = ((m − 1) / q + 1) |∇L|² where m, which is
  /// E |e|² / |∇L|² for one direction, is d + 2 for laws with the normal's fourth moment and d for those of one length.
  /// Both within 4.5 standard errors of the sample.
  @Test(arguments: DirectionLaw.allCases, [1, 3]) func moments(_ law: DirectionLaw, _ queries: Int) throws {
    let quadratic = Quadratic(
      hessian: [2, 0.5, 0, 0, 0.5, 1, 0, 0.25, 0, 0, 0.5, 0, 0, 0.25, 0, 1], linear: [0.25, -1, 2, 0.5])
    let start: [Float] = [0.5, 1.5, -1, 0.25], gradient = quadratic.gradient(start.map(Double.init))
    let d = Double(start.count), squaredGradient = dot(gradient, gradient), parameters = try ParameterSet.vector(start)
    let oracle = ToyOracle(parameters, of: quadratic.loss), batch = try emptyBatch()
    let estimator = RandomizedGradientEstimator(epsilon: 0.5, queries: queries, law: law)

    var elements = [Sample](repeating: Sample(), count: start.count), squaredNorm = Sample()
    for step in 0..<4000 {
      let e = vector(try estimator.estimate(.test(step: step), on: batch, oracle: oracle), in: parameters)
      for i in elements.indices { elements[i].add(e[i]) }
      squaredNorm.add(dot(e, e))
    }
    for (sample, expected) in zip(elements, gradient) {
      #expect(abs(sample.mean - expected) < 4.5 * sample.standardError)
      #expect(sample.standardError < 0.1, "the interval tells something")
    }
    let m = law == .gaussian || law == .gaussianFast ? d + 2 : d
    let expected = ((m - 1) / Double(queries) + 1) * squaredGradient
    #expect(abs(squaredNorm.mean - expected) < 4.5 * squaredNorm.standardError)
    // The other laws' value lies well outside.
    #expect(4.5 * squaredNorm.standardError < 0.8 * 2 / Double(queries) * squaredGradient)
  }
}

/// Mean and its standard error.
private struct Sample {
  private var count = 0.0, sum = 0.0, squares = 0.0

  mutating func add(_ x: Double) {
    count += 1
    sum += x
    squares += x * x
  }

  var mean: Double { sum / count }
  var standardError: Double { ((squares / count - mean * mean) / count).squareRoot() }
}
