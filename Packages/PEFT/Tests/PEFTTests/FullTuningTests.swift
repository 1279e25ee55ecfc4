import PEFT
import TensorCore
import Testing
import TuningCore

@Suite struct FullTuningTests {
  private let seeds = SeedSequence(runSeed: 1)

  @Test func everyParameterTrainsAndOnlyMappedOnesAreCopied() throws {
    var state = try ToyModel.state(dtype: .bfloat16)
    try state.parameters.update { if $0.role == .linear { $0.tensor = try mapped($0.tensor) } }
    let before = state
    try FullTuning().attach(to: &state, of: ToyModel(), seeds: seeds)
    #expect(state.parameters.trainableCount == before.parameters.count)
    for (new, old) in zip(state.parameters.parameters, before.parameters.parameters) {
      #expect(new.tensor.isWritable && new.tensor.dtype == .bfloat16)
      #expect((new.tensor.storage === old.tensor.storage) == (old.role != .linear), "\(new.path)")
    }
    #expect(state.bits == before.bits)
    state.train(by: 1)
    #expect(before.parameters["lm_head.weight"]?.tensor.values != state.parameters["lm_head.weight"]?.tensor.values)
  }

  @Test func ofSomeBlocksWhatLiesInThemTrains() throws {
    var state = try ToyModel.state()
    try FullTuning(blocks: 1...2).attach(to: &state, of: ToyModel(), seeds: seeds)
    let inside = state.parameters.paths.filter { $0.name.contains("layers.1.") || $0.name.contains("layers.2.") }
    #expect(!inside.isEmpty && state.parameters.trainable.map(\.path) == inside)
    let error = #expect(throws: TuningError.self) {
      try FullTuning(blocks: 1...3).attach(to: &state, of: ToyModel(), seeds: seeds)
    }
    #expect(error?.code == .unmatchedTarget && error?.message.contains("the model has 3: 0 to 2") == true)
  }

  @Test func attachThenDetachIsTheIdentity() throws {
    var state = try ToyModel.state()
    let before = state
    try FullTuning().attach(to: &state, of: ToyModel(), seeds: seeds)
    FullTuning().detach(from: &state)
    #expect(state.bits == before.bits && state.parameters.paths == before.parameters.paths)
    #expect(state.adapters.isEmpty && state.parameters.trainable.isEmpty)
  }

  @Test func mergingKeepsWhatWasLearnt() throws {
    var state = try ToyModel.state()
    let start = state.bits, scheme = FullTuning()
    try scheme.attach(to: &state, of: ToyModel(), seeds: seeds)
    state.train()
    let trained = state.bits
    scheme.merge(into: &state)
    #expect(trained.allSatisfy { $0.value != start[$0.key] })
    #expect(state.bits == trained && state.parameters.trainable.isEmpty)
    #expect(scheme.adapterConfiguration(of: ToyModel()) == nil)
  }
}
