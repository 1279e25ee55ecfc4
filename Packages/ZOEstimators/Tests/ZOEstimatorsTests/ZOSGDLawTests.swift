import TensorCore
import Testing
import TuningCore
import ZOEstimators

/// What holds for every law of directions, for both sides, and for any number of queries.
@Suite struct ZOSGDLawTests {
  private static let estimators = DirectionLaw.allCases.flatMap { law in
    RandomizedGradientEstimator.Sides.allCases.flatMap { sides in
      [1, 4].map { RandomizedGradientEstimator(epsilon: 0.25, queries: $0, sides: sides, law: law) }
    }
  }

  private func oracle() throws -> ToyOracle {
    let golden = try Golden.load()
    return ToyOracle(try golden.parameterSet(), of: golden.quadratic.loss)
  }

  @Test(arguments: estimators) func aMoveIsAFunctionOfItsContext(_ estimator: RandomizedGradientEstimator) throws {
    let optimizer = ZOSGD(estimator: estimator, weightDecay: 0.1), oracle = try oracle(), batch = try emptyBatch()
    let context = StepContext.test(step: 5)
    let first = try optimizer.step(context, on: batch, oracle: oracle)
    _ = try optimizer.step(.test(step: 6), on: batch, oracle: oracle)
    let again = try optimizer.step(context, on: batch, oracle: oracle)
    #expect(first.move == again.move && first.loss == again.loss)
    for other in [StepContext.test(step: 6), .test(step: 5, seed: 8)] {
      #expect(try optimizer.step(other, on: batch, oracle: oracle).move != first.move)
    }
  }

  /// What a ledger stands on: the seeds are the contract's, in the order of the queries, and of the stated law.
  @Test(arguments: estimators) func directionsAreTheContexts(_ estimator: RandomizedGradientEstimator) throws {
    let optimizer = ZOSGD(estimator: estimator), oracle = try oracle(), context = StepContext.test(step: 3)
    let move = try optimizer.step(context, on: emptyBatch(), oracle: oracle).move
    let expected = (0..<estimator.queries).map { query in
      Direction(seed: SeedSequence(runSeed: 7).seed(.direction, step: 3, query: query), law: optimizer.directionLaw)
    }
    #expect(move.terms.map(\.direction) == expected)
    #expect(Set(expected).count == estimator.queries)
    let along = oracle.asked.flatMap(\.terms)
    #expect(along.map(\.direction) == (estimator.sides == .one ? expected : expected.flatMap { [$0, $0] }))
    if estimator.sides == .two {
      #expect(
        zip(along, along.dropFirst()).enumerated().allSatisfy { index, pair in
          index % 2 == 1 || pair.0.coefficient == -pair.1.coefficient
        })
    } else {
      #expect(oracle.asked[0] == .none)
    }
  }

  /// A direction on the sphere of radius √d is reached by the length of the step along a Gaussian one.
  @Test func sphereStepsHaveOneLength() throws {
    let oracle = try oracle()
    let estimator = RandomizedGradientEstimator(epsilon: 0.25, queries: 8, law: .sphere)
    _ = try estimator.estimate(.test(), on: emptyBatch(), oracle: oracle)
    let count = Double(oracle.parameters.trainableCount)
    for term in oracle.asked.flatMap(\.terms) {
      let z = oracle.parameters.elements(of: term.direction).map { Double($0) * Double(term.coefficient) }
      #expect(abs(dot(z, z).squareRoot() / (0.25 * count.squareRoot()) - 1) < 1e-6)
    }
    #expect(Set(oracle.asked.flatMap(\.terms).map { abs($0.coefficient) }).count == 8, "before that they differ")
  }

  @Test(arguments: estimators) func zeroLearningRateChangesNoBit(_ estimator: RandomizedGradientEstimator) throws {
    let oracle = try oracle(), before = oracle.parameters.elements.map(\.bitPattern)
    let optimizer = ZOSGD(estimator: estimator, weightDecay: 0.5)
    let move = try optimizer.step(.test(learningRate: 0), on: emptyBatch(), oracle: oracle).move
    #expect(move.terms.count == estimator.queries && move.terms.allSatisfy { $0.coefficient == 0 } && move.decay == 0)
    oracle.parameters.apply(move, threads: Threads(1))
    #expect(oracle.parameters.elements.map(\.bitPattern) == before)
  }

  @Test(arguments: estimators) func costIsWhatIsAsked(_ estimator: RandomizedGradientEstimator) throws {
    let oracle = try oracle(), optimizer = ZOSGD(estimator: estimator)
    let cost = optimizer.cost(trainableCount: oracle.parameters.trainableCount)
    for step in 1...3 {
      _ = try optimizer.step(.test(step: step), on: emptyBatch(), oracle: oracle)
      #expect(oracle.queryCount == step * cost.queriesPerStep)
    }
    #expect(cost.queriesPerStep == (estimator.sides == .two ? 2 * estimator.queries : estimator.queries + 1))
    #expect(cost.stateBytes == 0)
  }

  @Test func theOraclesErrorPassesThrough() throws {
    let oracle = ToyOracle(try .vector([1]), failure: TuningError(.nonFiniteLoss, "the loss is nan")) { _ in 0 }
    let error = #expect(throws: TuningError.self) {
      try ZOSGD().step(.test(), on: emptyBatch(), oracle: oracle)
    }
    #expect(error?.code == .nonFiniteLoss && error?.message == "the loss is nan")
  }
}
