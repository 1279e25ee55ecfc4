import TensorCore
import Testing
import TuningCore

@Suite struct OracleTests {
  private func batch() throws -> PackedBatch {
    var dice = Dice(21)
    return try PackedBatch(
      (0..<4).map { number in
        ScoringRequest(
          prompt: dice.tokens(3 + number * 4, below: 50),
          continuations: [dice.tokens(1, below: 50), dice.tokens(3, below: 50), dice.tokens(2, below: 50)],
          gold: number % 3)
      })
  }

  private func oracle(
    _ state: ModelState, _ objective: Objective = .classification, threads: Int = 2
  ) -> EagerOracle {
    EagerOracle(model: ToyModel(), state: state, objective: objective, threads: Threads(threads))
  }

  /// The law that everything stands on: the loss at a displacement is the loss after the move.
  @Test(arguments: Objective.allCases.filter(\.isDifferentiable), NoiseLaw.allCases)
  func scoredDirectionIsAppliedDirection(_ objective: Objective, _ law: NoiseLaw) throws {
    let state = try ToyModel.state(), batch = try batch()
    let oracle = oracle(state, objective)
    let terms = [Term(0.02, Direction(seed: 1, law: law)), Term(-0.05, Direction(seed: 2, law: law))]
    let scored = try oracle.losses(at: [Displacement(terms), .none], on: batch)
    #expect(abs(scored[0] - scored[1]) > 1e-3, "the displacement tells")
    state.parameters.apply(Move(terms), threads: Threads(2))
    let applied = try oracle.losses(at: [.none], on: batch)
    #expect(abs(applied[0] - scored[0]) <= 1e-6 * abs(scored[0]), "\(applied[0]), scored \(scored[0])")
  }

  /// A loss that changes in jumps changes at the same displacements as the parameters' own do, far enough from a tie.
  @Test func accuracyIsReadAtDisplacements() throws {
    var dice = Dice(5)
    let requests = (0..<40).map { number in
      ScoringRequest(
        prompt: dice.tokens(3, below: 50), continuations: (0..<3).map { _ in dice.tokens(2, below: 50) },
        gold: number % 3)
    }
    let batch = try PackedBatch(requests), state = try ToyModel.state(), oracle = oracle(state, .accuracy)
    let terms = [Term(0.4, Direction(seed: 1))]
    let scored = try oracle.losses(at: [Displacement(terms), .none], on: batch)
    #expect(scored[0] != scored[1], "the displacement tells")
    state.parameters.apply(Move(terms), threads: Threads(2))
    #expect(try oracle.losses(at: [.none], on: batch)[0] == scored[0])
  }

  /// In 16 bits the move is rounded, the displacement is not: equal up to that rounding.
  @Test(arguments: [DType.float16, .bfloat16])
  func scoredDirectionIsAppliedDirectionInHalf(_ dtype: DType) throws {
    let state = try ToyModel.state(dtype: dtype), batch = try batch()
    let oracle = oracle(state), terms = [Term(0.3, Direction(seed: 1))]
    let scored = try oracle.losses(at: [Displacement(terms), .none], on: batch)
    state.parameters.apply(Move(terms), rounding: .nearest, threads: Threads(2))
    let applied = try oracle.losses(at: [.none], on: batch)
    #expect(abs(applied[0] - scored[0]) < 0.1 * abs(scored[0] - scored[1]))
  }

  @Test(arguments: DType.allCases)
  func evaluationWritesNothing(_ dtype: DType) throws {
    let state = try ToyModel.state(dtype: dtype), before = state.parameters.parameters.map { $0.tensor.values.bits }
    let oracle = oracle(state), z = Direction(seed: 3)
    let displacements = [Displacement([Term(1e-2, z)]), Displacement([Term(-1e-2, z)]), .none]
    let first = try oracle.losses(at: displacements, on: try batch())
    #expect(state.parameters.parameters.map { $0.tensor.values.bits } == before)
    // Nor does it remember anything.
    #expect(try oracle.losses(at: displacements, on: try batch()).bits == first.bits)
  }

  /// A step's examples in several batches, of unequal sizes, have the losses of one batch of all.
  @Test(arguments: Objective.allCases) func batchesAreAsOne(_ objective: Objective) throws {
    var dice = Dice(22)
    let requests = (0..<5).map { number in
      ScoringRequest(
        prompt: dice.tokens(3 + number, below: 50),
        continuations: [dice.tokens(1 + number, below: 50), dice.tokens(3, below: 50)], gold: number % 2)
    }
    let oracle = oracle(try ToyModel.state(), objective)
    let displacements = [Displacement([Term(0.1, Direction(seed: 3))]), .none]
    let whole = try oracle.losses(at: displacements, on: PackedBatch(requests))
    let parts = try [PackedBatch(Array(requests[..<1])), PackedBatch(Array(requests[1...]))]
    let asked = oracle.queryCount
    for (a, b) in zip(whole, try oracle.losses(at: displacements, on: parts)) { #expect(abs(a - b) <= 1e-6 * abs(a)) }
    #expect(oracle.queryCount == asked + 4)
    #expect(parts.map(oracle.weight) == (objective == .languageModel ? [1, 14] : [1, 4]))
    let alone = try oracle.losses(at: displacements, on: [parts[1]])
    #expect(try alone.bits == oracle.losses(at: displacements, on: parts[1]).bits)
    #expect(alone != whole || !objective.isDifferentiable)
  }

  /// Losses come in the order that they were asked for, and do not depend on what is asked for beside them.
  @Test func manyDisplacements() throws {
    let oracle = oracle(try ToyModel.state()), batch = try batch()
    let displacements = (0..<5).map { Displacement([Term(0.01 * Float($0), Direction(seed: UInt64($0)))]) }
    let together = try oracle.losses(at: displacements, on: batch)
    for (loss, displacement) in zip(together, displacements) {
      let alone = try oracle.losses(at: [displacement], on: batch)[0]
      #expect(abs(loss - alone) <= 1e-6 * abs(alone))
    }
    #expect(Set(together).count == 5)
    #expect(try oracle.losses(at: [], on: batch).isEmpty)
  }

  /// Displacements are evaluated two by two: sixteen take the memory of two.
  @Test func moreQuestionsTakeNoMoreMemory() throws {
    let batch = try batch()
    let peaks = try [2, 16].map { count in
      let oracle = oracle(try ToyModel.state())
      let displacements = (0..<count).map { Displacement([Term(0.01, Direction(seed: UInt64($0)))]) }
      _ = try oracle.losses(at: displacements, on: batch)
      return oracle.workspace.peakBytes
    }
    #expect(peaks[0] == peaks[1] && peaks[0] > 0)
  }

  @Test func frozenParametersAreNotDisplaced() throws {
    let oracle = oracle(try ToyModel.state(trains: false))
    let losses = try oracle.losses(at: [Displacement([Term(1, Direction(seed: 1))]), .none], on: try batch())
    #expect(losses[0] == losses[1])
  }

  @Test func threadsDoNotTell() throws {
    let z = Direction(seed: 4)
    let results = try [1, 2, 4].map { threads in
      let state = try ToyModel.state()
      let oracle = oracle(state, threads: threads)
      return try (0..<3).flatMap { step in
        let losses = try oracle.losses(
          at: [Displacement([Term(1e-3, z)]), Displacement([Term(-1e-3, z)])], on: try batch())
        state.parameters.apply(Move([Term(-(losses[0] - losses[1]), z)]), threads: Threads(threads))
        return losses.bits
      }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  /// A shared prompt gives each continuation the probability that it has alone, in a sequence of its own.
  @Test func sharedPromptsChangeNothing() throws {
    let oracle = oracle(try ToyModel.state()), batch = try batch()
    let packed = try oracle.logProbabilities(on: batch)[0]
    var dice = Dice(21), alone: [Float] = []
    for number in 0..<4 {
      let prompt = dice.tokens(3 + number * 4, below: 50)
      for count in [1, 3, 2] {
        let sequence = prompt + dice.tokens(count, below: 50)
        let request = ScoringRequest(prompt: [], continuations: [sequence], scoredCounts: [count])
        let batch = try PackedBatch([request])
        #expect(batch.layout.segments.count == 1)
        alone += try oracle.logProbabilities(on: batch)[0]
      }
    }
    expectClose(packed, alone.map(Double.init), tolerance: 1e-6)
  }

  /// Token after token through a cache is the sequence in one.
  @Test func cacheGivesTheSameStates() throws {
    var dice = Dice(22)
    let tokens = dice.tokens(11, below: 50), model = ToyModel(), state = try ToyModel.state()
    let evaluator = EagerEvaluator(threads: Threads(2))
    let whole = model.hiddenStates(
      of: tokens, layout: SequenceLayout(sequenceOf: 11), rows: nil, state: state, cache: nil, evaluator: evaluator
    ).array()
    let cache = try KeyValueCache(layers: 1, capacity: 11, width: 12)
    var pieces: [Float] = []
    for range in [0..<4, 4..<5, 5..<6, 6..<11] {
      let layout = SequenceLayout(sequenceOf: range.count, startingAt: range.lowerBound)
      #expect(cache.count == range.lowerBound)
      pieces += model.hiddenStates(
        of: Array(tokens[range]), layout: layout, rows: nil, state: state, cache: cache, evaluator: evaluator
      ).array()
    }
    expectClose(pieces, whole.map(Double.init), tolerance: 1e-6)
  }

  @Test func adaptersTakePart() throws {
    var state = try ToyModel.state()
    let plain = try oracle(state).losses(at: [.none], on: try batch())
    state.adapters["o"] = HalfInput()
    let adapted = try oracle(state).losses(at: [.none], on: try batch())
    state.adapters["o"] = nil
    #expect(try oracle(state).losses(at: [.none], on: try batch()) == plain && adapted != plain)
  }

  @Test func questionsAreCounted() throws {
    let oracle = oracle(try ToyModel.state()), batch = try batch()
    _ = try oracle.losses(at: [.none, .none, .none], on: batch)
    _ = try oracle.logProbabilities(on: batch)
    #expect(oracle.queryCount == 4 && oracle.tokenCount == 4 * batch.tokens.count)
    #expect(oracle.workspace.peakBytes > 0)
    let norm = oracle.squaredNorm(of: Direction(seed: 1, law: .rademacher))
    #expect(norm.count == oracle.state.parameters.trainableCount && norm.sum == Double(norm.count))
  }

  // MARK: Bad input

  /// A model that gives next tokens is not asked for labels.
  @Test func foreignQuestions() throws {
    let oracle = oracle(try ToyModel.state())
    let labels = try PackedBatch(labelled: [LabelRequest(tokens: [1], labels: 2)])
    expect(.invalidBatch, "asks for label probabilities") { _ = try oracle.losses(at: [.none], on: labels) }
  }

  private func expect(
    _ code: TuningError.Code, _ words: String, at location: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    let error = #expect(throws: TuningError.self, sourceLocation: location) { try body() }
    #expect(error?.code == code && error?.message.contains(words) == true, "\(error as Any)", sourceLocation: location)
  }

  @Test(arguments: [Float.nan, .infinity])
  func lossesThatAreNoNumbers(_ poison: Float) throws {
    let state = try ToyModel.state(), oracle = oracle(state)
    state.parameters.require("down").tensor.mutableFloats[5] = poison
    expect(.nonFiniteLoss, "displacement 0 of 2") {
      _ = try oracle.losses(at: [.none, .none], on: try batch())
    }
    // A step so long that the model overflows, at the second question only.
    let sound = self.oracle(try ToyModel.state())
    expect(.nonFiniteLoss, "displacement 1 of 2") {
      _ = try sound.losses(at: [.none, Displacement([Term(3e38, Direction(seed: 1))])], on: try batch())
    }
  }

  @Test func batchesThatDoNotFitTheModel() throws {
    let oracle = oracle(try ToyModel.state())
    func losses(_ prompt: [Int32], _ continuation: [Int32]) throws {
      _ = try oracle.losses(
        at: [.none], on: try PackedBatch([ScoringRequest(prompt: prompt, continuations: [continuation])]))
    }
    expect(.invalidBatch, "token id 50") { try losses([1, 50], [2]) }
    expect(.invalidBatch, "token id -1") { try losses([1, -1], [2]) }
    expect(.invalidBatch, "token id 51") { try losses([1], [2, 51]) }
    expect(.invalidBatch, "a sequence of 41 tokens") { try losses([Int32](repeating: 1, count: 41), [2]) }
    #expect(throws: Never.self) { try losses([Int32](repeating: 1, count: 40), [2]) }
    expect(.invalidBatch, "the batch is empty") { _ = try oracle.losses(at: [.none], on: try PackedBatch([])) }
  }
}
