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
  @Test(arguments: subsets, Objective.allCases)
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
