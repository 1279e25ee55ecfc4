import PEFT
import TensorCore
import Testing
import TuningCore

/// What every scheme is held to, each in several forms.
@Suite struct SchemeTests {
  private static let schemes: [any TuningScheme] = [
    FullTuning(), FullTuning(blocks: 1...1), LoRA(rank: 2, targets: ["q_proj", "k_proj"]),
    LoRA(targets: ["all-linear"], blocks: 1...1),
    BitFit(),
    BitFit(targets: ["q_proj", "norm"], blocks: 0...0), HeadTuning(), HeadTuning(unties: true), PromptTuning(length: 3),
    PromptTuning(length: 1, initialisation: .normal), PrefixTuning(length: 4),
    PrefixTuning(length: 1, initialisation: .normal, shiftsPositions: true),
  ]
  private let model = AttentiveModel(), seeds = SeedSequence(runSeed: 3)

  private func attached(_ scheme: any TuningScheme, dtype: DType = .float32, seed: UInt64 = 3) throws -> ModelState {
    var state = try AttentiveModel.state(dtype: dtype)
    try scheme.attach(to: &state, of: model, seeds: SeedSequence(runSeed: seed))
    return state
  }

  @Test(arguments: schemes.indices, DType.allCases)
  func attachThenDetachIsTheIdentity(_ index: Int, _ dtype: DType) throws {
    let scheme = Self.schemes[index], before = try AttentiveModel.state(dtype: dtype)
    var state = before
    try scheme.attach(to: &state, of: model, seeds: seeds)
    #expect(!state.parameters.trainable.isEmpty)
    scheme.detach(from: &state)
    #expect(state.bits == before.bits && state.parameters.paths == before.parameters.paths)
    #expect(state.isPlain && state.parameters.trainable.isEmpty)
  }

  @Test(arguments: schemes.indices) func whatTrainsWasAnnounced(_ index: Int) throws {
    let scheme = Self.schemes[index], state = try attached(scheme), plain = try AttentiveModel.state()
    let trainable = state.parameters.trainable.map { TrainableShape($0.path, $0.tensor.shape) }
    #expect(try scheme.trainable(of: model, parameters: plain.parameters) == trainable)
    var shapes = ParameterSet()
    for parameter in plain.parameters.parameters {
      try shapes.appendShape(parameter.path, parameter.tensor.shape, role: parameter.role, dtype: .float32)
    }
    #expect(try scheme.trainable(of: model, parameters: shapes) == trainable)
  }

  @Test(arguments: schemes.indices) func untrainedItChangesNothingUnlessItSaysSo(_ index: Int) throws {
    let scheme = Self.schemes[index]
    let before = try AttentiveModel.logProbabilities(AttentiveModel.state())
    #expect(try (AttentiveModel.logProbabilities(attached(scheme)) == before) == scheme.startsAsIdentity)
  }

  /// Of a mapped model only what trains is copied, and only that moves.
  @Test(arguments: schemes.indices) func onlyWhatTrainsMoves(_ index: Int) throws {
    let scheme = Self.schemes[index]
    var state = try AttentiveModel.state(dtype: .bfloat16)
    try state.parameters.update { $0.tensor = try mapped($0.tensor) }
    let before = state
    try scheme.attach(to: &state, of: model, seeds: seeds)
    let fresh = state.bits, untrained = try AttentiveModel.logProbabilities(state)
    state.train(by: 1)
    for parameter in state.parameters.parameters {
      #expect((state.bits[parameter.path] == fresh[parameter.path]) != parameter.isTrainable, "\(parameter.path)")
      guard let old = before.parameters[parameter.path] else { continue }
      #expect((old.tensor.storage === parameter.tensor.storage) != parameter.isTrainable, "\(parameter.path)")
    }
    #expect(try AttentiveModel.logProbabilities(state) != untrained)
  }

  /// The losses at ±ε z, side by side, are those after the moves.
  @Test(arguments: schemes.indices) func scoredDirectionIsAppliedDirection(_ index: Int) throws {
    let state = try attached(Self.schemes[index]), oracle = AttentiveModel.oracle(state)
    let batch = try ToyModel.batch(), z = Direction(seed: 8)
    let pair = try oracle.losses(at: [Displacement([Term(0.5, z)]), Displacement([Term(-0.5, z)])], on: batch)
    state.parameters.apply(Move([Term(0.5, z)]), threads: Threads(1))
    let up = try oracle.losses(at: [.none], on: batch)[0]
    state.parameters.apply(Move([Term(-1, z)]), threads: Threads(1))
    let down = try oracle.losses(at: [.none], on: batch)[0]
    #expect(abs(pair[0] - up) <= 1e-5 * abs(up) && abs(pair[1] - down) <= 1e-5 * abs(down))
    #expect(abs(up - down) > 1e-4)
  }

  @Test(arguments: schemes.indices) func mergedIsAttachedOrRefused(_ index: Int) throws {
    let scheme = Self.schemes[index]
    var state = try attached(scheme)
    state.train()
    let before = state.bits, trained = try AttentiveModel.logProbabilities(state)
    do {
      try scheme.merge(into: &state)
      #expect(state.isPlain && state.parameters.trainable.isEmpty)
    } catch let error as TuningError {
      #expect(error.code == .notApplicable)
      #expect(state.bits == before && !state.isPlain)
    }
    let merged = try AttentiveModel.logProbabilities(state)
    for (a, b) in zip(trained, merged) { #expect(abs(a - b) <= 1e-5 * max(1, abs(a))) }
  }

  /// An adapter's tensors, taken up by another state, make the same model.
  @Test(arguments: schemes.indices) func filesAreTakenUp(_ index: Int) throws {
    let scheme = Self.schemes[index], state = try attached(scheme), other = try attached(scheme, seed: 4)
    guard scheme.adapterConfiguration(of: model) != nil else { return }
    state.train()
    let tensors = try scheme.adapterTensors(of: state)
    #expect(tensors.reduce(0) { $0 + $1.tensor.count } == state.parameters.trainableCount)
    try scheme.load(into: other) { name, shape, dtype in
      let tensor = try #require(tensors.first { $0.name == name }?.tensor)
      #expect(tensor.shape == shape && tensor.dtype == dtype)
      return tensor
    }
    #expect(other.bits == state.bits)
  }
}
