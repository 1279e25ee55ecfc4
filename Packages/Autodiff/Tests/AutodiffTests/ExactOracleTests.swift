import Autodiff
import TensorCore
import Testing
import TuningCore

@Suite struct ExactOracleTests {
  /// What trains, and whether a prompt and a prefix stand before every sequence.
  struct Subset: Sendable {
    let scheme: Bool
    let trains: @Sendable (String) -> Bool

    func state() throws -> ModelState { try TinyModel.state(scheme: scheme, trains: trains) }
  }

  private static let plain: [@Sendable (String) -> Bool] = [
    { _ in true }, { $0 != "embed" }, { $0.hasPrefix("1.") }, { $0 == "0.up.bias" }, { $0 == "embed" },
  ]
  private static let attached: [@Sendable (String) -> Bool] = [
    { _ in true }, { $0 == "prompt" }, { $0.hasSuffix("keys") || $0.hasSuffix("values") }, { $0 == "1.values" },
  ]
  private static let subsets =
    plain.map { Subset(scheme: false, trains: $0) } + attached.map { Subset(scheme: true, trains: $0) }

  /// Finite differences of the losses along random directions, in the middle of their rounding and their curvature.
  @Test(arguments: subsets, Objective.allCases.filter(\.isDifferentiable))
  func agreesWithLosses(_ subset: Subset, _ objective: Objective) throws {
    let losses = EagerOracle(
      model: TinyModel(), state: try subset.state(), objective: objective, threads: Threads(2))
    let batch = try TinyModel.batch(), gradient = try ExactOracle(losses).gradient(on: batch)
    #expect(Set(gradient.tensors.keys) == Set(losses.state.parameters.trainable.map(\.path)))
    #expect(try gradient.loss == losses.losses(at: [.none], on: batch)[0])
    for seed in 0..<4 {
      let z = Direction(seed: UInt64(seed)), epsilon: Float = 4e-3
      let pair = try losses.losses(
        at: [Displacement([Term(epsilon, z)]), Displacement([Term(-epsilon, z)])], on: batch)
      let slope = Double(pair[0] - pair[1]) / Double(2 * epsilon), exact = gradient.dot(z)
      #expect(abs(slope - exact) <= 4e-3 * max(1, abs(exact)), "direction \(seed): \(slope), not \(exact)")
    }
  }

  /// Its losses are given; what asks for its derivatives hears that there are none, and what to do.
  @Test func whatChangesInJumpsHasNoDerivatives() throws {
    let subset = try #require(Self.subsets.first), batch = try TinyModel.batch()
    let losses = EagerOracle(model: TinyModel(), state: try subset.state(), objective: .accuracy)
    let oracle = ExactOracle(losses)
    let loss = try oracle.losses(at: [.none], on: batch)[0] * Float(batch.examples.count)
    #expect(loss == loss.rounded() && (0...Float(batch.examples.count)).contains(loss))
    for ask in [
      { _ = try oracle.gradient(on: batch) },
      { _ = try oracle.directionalDerivatives(along: [Direction(seed: 1)], on: batch) },
    ] as [() throws -> Void] {
      let error = #expect(throws: TuningError.self, performing: ask)
      #expect(error?.code == .notApplicable)
      #expect(error?.message.contains("'accuracy'") == true && error?.message.contains("zeroth order") == true)
    }
  }

  @Test(arguments: subsets, [1, 2])
  func checkpointsChangeNothing(_ subset: Subset, _ threads: Int) throws {
    let losses = TinyModel.oracle(try subset.state(), threads: threads), batch = try TinyModel.batch()
    let whole = try ExactOracle(losses).gradient(on: batch)
    let pieces = try ExactOracle(losses, memory: .checkpoints).gradient(on: batch)
    #expect(whole.loss == pieces.loss)
    for (path, tensor) in whole.tensors {
      #expect(tensor.values.map(\.bitPattern) == pieces.tensors[path]?.values.map(\.bitPattern), "\(path)")
      #expect(tensor.values.contains { $0 != 0 }, "\(path)")
    }
  }

  /// One gradient's memory is the next one's too.
  @Test(arguments: subsets, ExactOracle.Memory.allCases)
  func nothingStaysBehind(_ subset: Subset, _ memory: ExactOracle.Memory) throws {
    let losses = TinyModel.oracle(try subset.state(), threads: 1), batch = try TinyModel.batch()
    let oracle = ExactOracle(losses, memory: memory)
    _ = try oracle.gradient(on: batch)
    let first = losses.workspace.peakBytes
    for _ in 0..<4 { _ = try oracle.gradient(on: batch) }
    #expect(losses.workspace.peakBytes == first)
  }

  @Test(arguments: subsets)
  func directionalDerivatives(_ subset: Subset) throws {
    let losses = TinyModel.oracle(try subset.state()), oracle = ExactOracle(losses)
    let batch = try TinyModel.batch(), gradient = try oracle.gradient(on: batch)
    let directions = [Direction(seed: 1), Direction(seed: 2, law: .rademacher), Direction(seed: 3, law: .gaussianFast)]
    let (loss, slopes) = try oracle.directionalDerivatives(along: directions, on: batch)
    #expect(abs(loss - gradient.loss) <= 1e-6)
    for (slope, z) in zip(slopes, directions) {
      #expect(abs(Double(slope) - gradient.dot(z)) <= 1e-5, "\(z): \(slope), not \(gradient.dot(z))")
    }
    #expect(try oracle.directionalDerivatives(along: [], on: batch).slopes.isEmpty)
  }

  /// A masked gradient is the whole one inside of the mask and 0 outside, so norms and clipping see what is left; the
  /// next question may have another mask.
  @Test(arguments: ExactOracle.Memory.allCases)
  func masks(_ memory: ExactOracle.Memory) throws {
    let oracle = ExactOracle(TinyModel.oracle(try TinyModel.state()), memory: memory), batch = try TinyModel.batch()
    let whole = try oracle.gradient(on: batch).tensors.mapValues(\.values)
    for seed in [UInt64(1), 2] {
      let support = Support([
        "embed": .addressed(seed: seed, threshold: 1 << 31), "0.up": .all,
        "1.norm": .addressed(seed: seed, threshold: 9),
      ])
      let masked = try oracle.gradient(on: [batch], in: support)
      #expect(Set(masked.tensors.keys) == ["embed", "0.up", "1.norm"])
      for (path, tensor) in masked.tensors {
        let mask = try #require(support.mask(of: path))
        let inside = (0..<tensor.count).map { mask.count(of: $0..<$0 + 1, pathHash: path.hash) == 1 }
        let expected = try zip(#require(whole[path]), inside).map { $1 ? $0 : 0 }
        // A block below the first that trains takes no part in the backward pass: the sums are the same.
        #expect(tensor.values == expected, "\(path)")
      }
    }
  }

  private static let parts = [
    Part(name: "upper", paths: ["1.norm", "1.up", "1.up.bias", "1.down"], owner: .second),
    Part(name: "lower", paths: ["embed", "0.norm", "0.up", "0.up.bias", "0.down"]),
    Part(name: "middle", paths: ["0.down"]),
  ]

  /// What is remembered changes no bit of a gradient or a derivative, whichever question comes first; the loss that a
  /// gradient found is not computed again.
  @Test(arguments: ExactOracle.Memory.allCases, [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
  func rememberedForwards(_ memory: ExactOracle.Memory, _ order: [Int]) throws {
    // The table is in two parts' way and in none's: untied, so that the upper part begins at its block.
    let oracle = ExactOracle(TinyModel.oracle(try TinyModel.state()), memory: memory), batch = try TinyModel.batch()
    func ask(_ remembers: Bool) throws -> ([[Float]], blocks: Int, queries: Int) {
      let before = (oracle.losses.blockCount, oracle.queryCount)
      if remembers { oracle.remember([batch], for: Self.parts) }
      let answers = try order.map { number -> [Float] in
        let support = Support(Self.parts[number].paths), z = Direction(seed: 4, support: support)
        let gradient = try oracle.gradient(on: [batch], in: support)
        let (loss, slopes) = try oracle.directionalDerivatives(along: [z], on: batch)
        #expect(abs(Double(slopes[0]) - gradient.dot(z)) <= 1e-5)
        return try [gradient.loss, loss] + oracle.losses(at: [.none], on: batch) + slopes
          + Self.parts[number].paths.sorted().flatMap { try #require(gradient.tensors[$0]).values }
      }
      oracle.forget()
      return (answers, oracle.losses.blockCount - before.0, oracle.queryCount - before.1)
    }
    let plain = try ask(false), remembered = try ask(true)
    #expect(remembered.0 == plain.0)
    #expect(plain.queries == 9 && plain.blocks == 18)
    // Losses at no displacement come from the first gradient. Of two blocks the upper part runs one a question, once two.
    #expect(remembered.queries == 6 && remembered.blocks == (order[0] == 0 ? 11 : 10))
  }

  @Test func nothingTrains() throws {
    let oracle = ExactOracle(TinyModel.oracle(try TinyModel.state { _ in false })), batch = try TinyModel.batch()
    #expect(try oracle.gradient(on: batch).tensors.isEmpty)
    #expect(try oracle.directionalDerivatives(along: [Direction(seed: 1)], on: batch).slopes == [0])
  }

  @Test(arguments: ExactOracle.Memory.allCases)
  func lossesThatAreNoNumbers(_ memory: ExactOracle.Memory) throws {
    let state = try TinyModel.state()
    state.parameters.require("1.up").tensor.mutableFloats[0] = .nan
    let oracle = ExactOracle(TinyModel.oracle(state), memory: memory), batch = try TinyModel.batch()
    let error = #expect(throws: TuningError.self) { try oracle.gradient(on: batch) }
    #expect(error?.code == .nonFiniteLoss)
    #expect(throws: TuningError.self) { try oracle.directionalDerivatives(along: [Direction(seed: 1)], on: batch) }
  }

  /// A batch that the model cannot be asked is refused before anything is computed.
  @Test func foreignBatches() throws {
    let oracle = ExactOracle(TinyModel.oracle(try TinyModel.state()))
    let batch = try PackedBatch([ScoringRequest(prompt: [11], continuations: [[1]])])
    #expect(throws: TuningError.self) { try oracle.gradient(on: batch) }
  }
}
