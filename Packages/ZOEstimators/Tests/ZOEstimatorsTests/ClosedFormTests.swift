import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// What each method does, worked out by hand.
@Suite struct ClosedFormTests {
  /// Takes steps of `optimizer` on `loss` from `start`; θ after each.
  private func run(
    _ optimizer: any Optimizer, from start: [Float], steps: Int, rate: Float = 0.01,
    loss: @escaping ([Double]) -> Double
  ) throws -> (thetas: [[Float]], updates: [ParameterUpdate]) {
    var optimizer = optimizer
    let oracle = ToyOracle(try .vector(start), of: loss)
    let state = try OptimizerState(rule: optimizer.rule, for: oracle.parameters)
    var thetas: [[Float]] = [], updates: [ParameterUpdate] = []
    for step in 0..<steps {
      let outcome = try optimizer.step(.test(step: step, learningRate: rate), on: emptyBatch(), oracle: oracle)
      oracle.parameters.apply(outcome.update, step: step, state: state, threads: Threads(1))
      thetas.append(oracle.parameters.elements)
      updates.append(outcome.update)
    }
    return (thetas, updates)
  }

  private let start: [Float] = [0.5, 1.5, -1, 0.25]
  private let quadratic = Quadratic(
    hessian: [2, 0.5, 0, 0, 0.5, 1, 0, 0.25, 0, 0, 0.5, 0, 0, 0.25, 0, 1], linear: [0.25, -1, 2, 0.5])

  /// With m̂ = ĝ and v̂ = ĝ² every element moves by η against its sign.
  @Test(arguments: [false, true]) func adamsFirstStepIsTheSigns(_ isAMSGrad: Bool) throws {
    let adam = try run(ZOAdam(adam: Adam(isAMSGrad: isAMSGrad)), from: start, steps: 1, loss: quadratic.loss)
    let sign = try run(ZOSGDSign(), from: start, steps: 1, loss: quadratic.loss)
    for (i, (a, s)) in zip(adam.thetas[0], sign.thetas[0]).enumerated() {
      #expect(abs(a - s) < 1e-6 && abs(abs(s - start[i]) - 0.01) < 1e-6)
    }
  }

  /// b₁ = s₁, bₜ = μ bₜ₋₁ + sₜ with the sₜ that the updates tell.
  @Test func momentumIsItsRecursion() throws {
    let run = try run(ZOSGDMomentum(), from: start, steps: 6, loss: quadratic.loss)
    var buffer = [Double](repeating: 0, count: 4), theta = start.map(Double.init)
    for (update, expected) in zip(run.updates, run.thetas) {
      let term = update.terms[0], z = try ParameterSet.vector(start).elements(of: term.direction)
      for i in theta.indices {
        buffer[i] = 0.9 * buffer[i] + Double(term.coefficient) * Double(z[i])
        theta[i] -= 0.01 * buffer[i]
        #expect(abs(theta[i] - Double(expected[i])) < 1e-5)
      }
    }
  }

  @Test func withoutMomentumItIsPlain() throws {
    let plain = try run(ZOSGD(), from: start, steps: 4, loss: quadratic.loss)
    let ball = try run(ZOSGDMomentum(heavyBall: HeavyBall(momentum: 0)), from: start, steps: 4, loss: quadratic.loss)
    for (a, b) in zip(plain.thetas.joined(), ball.thetas.joined()) { #expect(abs(a - b) < 1e-6) }
  }

  /// The scalar form takes η z whatever the slope; the elementwise one of one direction is its sign.
  @Test func signsOfOneDirection() throws {
    let optimizer = ZOSGDSign(sign: .scalar)
    let scalar = try run(optimizer, from: start, steps: 1, loss: quadratic.loss)
    let scaled = try run(optimizer, from: start, steps: 1) { 64 * quadratic.loss($0) }
    #expect(scalar.thetas == scaled.thetas)
    #expect(scalar.updates[0].terms.map { abs($0.coefficient) } == [1])
    let z = try ParameterSet.vector(start).elements(of: scalar.updates[0].terms[0].direction)
    let elementwise = try run(ZOSGDSign(), from: start, steps: 1, loss: quadratic.loss)
    for (i, theta) in elementwise.thetas[0].enumerated() {
      let step = theta - start[i]
      #expect((step > 0) == (-scalar.updates[0].terms[0].coefficient * z[i] > 0) && abs(abs(step) - 0.01) < 1e-6)
    }
  }

  @Test func aFlatLossHasNoSign() throws {
    for sign in ZOSGDSign.Sign.allCases {
      let run = try run(ZOSGDSign(sign: sign), from: start, steps: 2) { _ in 3 }
      #expect(run.thetas == [start, start])
    }
  }

  /// f(θ ∓ ηs) = f(θ) ∓ ηs'∇f + η²/2 s'Hs, and s'∇f = g² ≥ 0: along the estimate is never better than against it.
  @Test(arguments: [0.001, 0.02, 0.5, 2] as [Float])
  func theConservativeOneNeverClimbsAQuadratic(_ rate: Float) throws {
    // Exact estimates of a linear model of it: a small ε.
    let optimizer = ZOSGDConservative(estimator: .init(epsilon: 0.0625))
    let run = try run(optimizer, from: start, steps: 60, rate: rate, loss: quadratic.loss)
    var before = start, stays = 0
    for (theta, update) in zip(run.thetas, run.updates) {
      let term = update.terms[0], z = try ParameterSet.vector(before).elements(of: term.direction).map(Double.init)
      let slope = dot(z, quadratic.gradient(before.map(Double.init)))
      #expect(term.coefficient == 0 || (Double(term.coefficient) > 0) == (slope < 0), "along the estimate")
      #expect(quadratic.loss(theta.map(Double.init)) <= quadratic.loss(before.map(Double.init)) + 1e-6)
      if theta == before { stays += 1 }
      before = theta
    }
    #expect((stays > 0) == (rate >= 0.5), "\(stays) stays")
  }

  /// Each candidate in turn the best; then all alike.
  @Test func theConservativeOneTakesTheBest() throws {
    let start: [Float] = [1]
    let z = try ParameterSet.vector(start).elements(of: StepContext.test().direction(query: 0, law: .gaussian))[0]
    let slope: Float = 1
    // The estimate looks ±ε about θ; what lies at the candidates is chosen freely.
    func step(against: Double, here: Double, along: Double) throws -> Float {
      let rate: Float = 64, epsilon: Float = 0.5
      let oracle = ToyOracle(try .vector(start)) { theta in
        let distance = (Float(theta[0]) - 1) / z
        if abs(distance) < 0.25 { return here }
        if abs(distance) < 1 { return here + Double(slope * distance) }
        return distance < 0 ? against : along
      }
      let optimizer = ZOSGDConservative(estimator: .init(epsilon: epsilon))
      let outcome = try optimizer.step(.test(learningRate: rate), on: emptyBatch(), oracle: oracle)
      #expect(outcome.loss == Float(here))
      return outcome.move.terms[0].coefficient / rate
    }
    #expect(try step(against: 1, here: 2, along: 3) == -1)
    #expect(try step(against: 3, here: 2, along: 1) == 1)
    #expect(try step(against: 3, here: 2, along: 4) == 0)
    #expect(try step(against: 2, here: 2, along: 2) == 0, "ties keep θ")
    #expect(try step(against: 2, here: 2, along: 3) == 0)
    #expect(try step(against: 3, here: 2, along: 2) == 0)
    #expect(try step(against: 1, here: 2, along: 1) == -1, "both gain alike")
  }

  /// What is scored is where a step leads: the losses of the candidates are those of the parameters after the move.
  @Test func theConservativeOnesCandidatesAreExact() throws {
    let oracle = ToyOracle(try .vector(start), of: quadratic.loss)
    let optimizer = ZOSGDConservative(estimator: .init(epsilon: 0.0625, queries: 3))
    let outcome = try optimizer.step(.test(learningRate: 0.01), on: emptyBatch(), oracle: oracle)
    #expect(oracle.asked.count == 9 && oracle.asked[6].terms == outcome.move.terms && oracle.asked[8] == .none)
    let promised = try oracle.losses(at: [oracle.asked[6]], on: emptyBatch())
    oracle.parameters.apply(outcome.move, threads: Threads(1))
    #expect(try oracle.losses(at: [.none], on: emptyBatch()) == promised)
  }

  /// θ ← (1 − ηλ) θ − η/q Σ (z_j'∇f) z_j, whatever the curvature, of one forward with q tangents; on the sphere z is
  /// √d / ‖z‖ times the Gaussian one.
  @Test(arguments: [1, 3], DirectionLaw.allCases)
  func forwardGradientsStepsAreExactSlopes(_ queries: Int, _ law: DirectionLaw) throws {
    let oracle = SlopeOracle(try .vector(start), of: quadratic), parameters = oracle.losses.parameters
    let optimizer = ForwardGradient(queries: queries, law: law, weightDecay: 0.5)
    var theta = start.map(Double.init)
    for step in 0..<4 {
      let context = StepContext.test(step: step), gradient = quadratic.gradient(theta)
      let loss = quadratic.loss(theta)
      theta = theta.map { 0.995 * $0 }
      for query in 0..<queries {
        let z = parameters.elements(of: context.direction(query: query, law: law.noise)).map(Double.init)
        let squaredFactor = law == .sphere ? 4 / dot(z, z) : 1
        for i in theta.indices { theta[i] -= 0.01 / Double(queries) * squaredFactor * dot(z, gradient) * z[i] }
      }
      let outcome = try optimizer.step(context, on: emptyBatch(), oracle: oracle)
      parameters.apply(outcome.move, threads: Threads(1))
      #expect(abs(Double(outcome.loss) - loss) < 1e-6)
      for (found, exact) in zip(parameters.elements, theta) { #expect(abs(Double(found) - exact) < 1e-6) }
      #expect(oracle.queryCount == step + 1 && oracle.slopeCount == queries * (step + 1))
    }
  }

  /// On a flat loss decay is all that happens: beside the step θ shrinks by ηλ; coupled it is what the rule sees.
  @Test func weightDecayIsApplied() throws {
    func after(_ optimizer: any Optimizer) throws -> [Float] {
      try run(optimizer, from: [2, -4], steps: 2, rate: 0.25) { _ in 3 }.thetas[1]
    }
    let beside = WeightDecay(0.5), coupled = WeightDecay(0.5, isCoupled: true)
    let shrunk: [Float] = [2 * 0.875 * 0.875, -4 * 0.875 * 0.875]
    #expect(try after(ZOSGD(weightDecay: 0.5)) == shrunk)
    #expect(try after(ZOSGDConservative(weightDecay: 0.5)) == shrunk)
    #expect(try after(ZOSGDSign(weightDecay: beside)) == shrunk)
    #expect(try after(ZOSGDSign(sign: .scalar, weightDecay: beside)) == shrunk)
    #expect(try after(ZOSGDSign(sign: .scalar, weightDecay: coupled)) == shrunk)
    #expect(try after(ZOAdam(adam: Adam(weightDecay: beside))) == shrunk)
    #expect(try after(ZOSGDMomentum(heavyBall: HeavyBall(weightDecay: beside))) == shrunk)
    // The sign of λθ; m₂ = 0.9 λθ₀ + λθ₁; Adam's first steps are of length η.
    #expect(try after(ZOSGDSign(weightDecay: coupled)) == [1.5, -3.5])
    let keep: Float = 0.875 * 0.875 - 0.0625
    #expect(
      try after(ZOSGDMomentum(heavyBall: HeavyBall(momentum: 0.5, weightDecay: coupled))) == [2 * keep, -4 * keep])
    #expect(try zip(after(ZOAdam(adam: Adam(weightDecay: coupled))), [1.5, -3.5]).allSatisfy { abs($0 - $1) < 0.01 })
  }
}
