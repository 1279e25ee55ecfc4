import PEFT
import TensorCore
import Testing
import TuningCore

@Suite struct BitFitTests {
  private func names(_ scheme: BitFit) throws -> [String] {
    try scheme.trainable(of: AttentiveModel(), parameters: AttentiveModel.state().parameters).map(\.path.name)
  }

  @Test func biasesByName() throws {
    let every = (0..<2).flatMap { block in ["q_proj", "v_proj", "norm"].map { "layers.\(block).\($0).bias" } }
    #expect(try names(BitFit()) == every)
    #expect(try names(BitFit(blocks: 1...1)) == Array(every[3...]))
    #expect(try names(BitFit(targets: ["norm"])) == [every[2], every[5]])
  }

  private func refusal(_ scheme: BitFit, of parameters: ParameterSet) -> TuningError? {
    #expect(throws: TuningError.self) { try scheme.trainable(of: AttentiveModel(), parameters: parameters) }
  }

  @Test func whatIsNotThereIsRefused() throws {
    let parameters = try AttentiveModel.state().parameters
    // k_proj has no bias.
    #expect(refusal(BitFit(targets: ["k_proj"]), of: parameters)?.message.contains("6 layers with a bias") == true)
    #expect(refusal(BitFit(targets: ["nrom"]), of: parameters)?.message.contains("Did you mean 'norm'?") == true)
    #expect(refusal(BitFit(blocks: 1...2), of: parameters)?.message.contains("blocks 1-2") == true)
    var without = parameters
    without.remove { $0.role == .bias }
    let error = refusal(BitFit(), of: without)
    #expect(error?.code == .notApplicable && error?.message.contains("biases") == true)
  }
}

@Suite struct HeadTuningTests {
  /// Tied, the embedding moves with the head; untied it stays, and the head is read from its own table.
  @Test func untyingLeavesTheEmbedding() throws {
    for unties in [false, true] {
      var state = try AttentiveModel.state(dtype: .bfloat16)
      let before = state.bits["embed.weight"]
      try HeadTuning(unties: unties).attach(to: &state, of: AttentiveModel(), seeds: SeedSequence(runSeed: 1))
      #expect(state.outputTable == (unties ? "lm_head.weight" : nil))
      state.train(by: 1)
      #expect((state.bits["embed.weight"] == before) == unties)
      #expect(state.parameters.trainable.map(\.path) == [unties ? "lm_head.weight" : "embed.weight"])
      #expect(state.parameters.trainable[0].tensor.dtype == .bfloat16)
    }
  }

  /// A table that is the head's own already.
  @Test func nothingToUntie() throws {
    var state = try ToyModel.state()
    try HeadTuning(unties: true).attach(to: &state, of: ToyModel(), seeds: SeedSequence(runSeed: 1))
    #expect(state.outputTable == nil && state.parameters.trainable.map(\.path) == ["lm_head.weight"])
  }

  @Test func aModelWithoutHead() throws {
    let error = #expect(throws: TuningError.self) {
      try HeadTuning().trainable(of: BareModel(), parameters: AttentiveModel.state().parameters)
    }
    #expect(error?.code == .notApplicable)
  }
}

@Suite struct PromptTuningTests {
  private func prompt(_ scheme: PromptTuning, seed: UInt64 = 1) throws -> Tensor {
    var state = try AttentiveModel.state()
    try scheme.attach(to: &state, of: AttentiveModel(), seeds: SeedSequence(runSeed: seed))
    return state.parameters.require("prompt_embeddings").tensor
  }

  @Test func tokensAreRowsOfTheTable() throws {
    let table = try AttentiveModel.state().parameters.require("embed.weight").tensor
    let rows = (0..<17).map { table.rows($0..<$0 + 1).values }
    let values = try prompt(PromptTuning(length: 40 - 17))
    let found = (0..<23).map { row in rows.firstIndex(of: values.rows(row..<row + 1).values) }
    #expect(found.allSatisfy { $0 != nil } && Set(found).count > 8, "\(found)")
    #expect(try prompt(PromptTuning(length: 23)).values == values.values)
    #expect(try prompt(PromptTuning(length: 23), seed: 2).values != values.values)
  }

  @Test func normalIsNormal() throws {
    let values = try prompt(PromptTuning(length: 20, initialisation: .normal)).values.map(Double.init)
    let mean = values.reduce(0, +) / 320, square = values.reduce(0) { $0 + $1 * $1 } / 320
    #expect(abs(mean) < 4.5 / 320.0.squareRoot() && abs(square - 1) < 0.4)
  }

  @Test func whatCannotBeIsRefused() throws {
    let parameters = try AttentiveModel.state().parameters
    for (model, length) in [(BareModel() as any LanguageModel, 1), (AttentiveModel(), 24)] {
      let error = #expect(throws: TuningError.self) {
        try PromptTuning(length: length).trainable(of: model, parameters: parameters)
      }
      #expect(error?.code == .notApplicable)
    }
  }
}

@Suite struct PrefixTuningTests {
  private let model = AttentiveModel()

  private func logits(_ ids: [Int32], last count: Int, in state: ModelState) -> [Float] {
    let value = model.hiddenStates(
      of: ids, layout: SequenceLayout(sequenceOf: ids.count), rows: Array(ids.count - count..<ids.count), state: state,
      evaluator: EagerEvaluator(threads: Threads(1)))
    return withExtendedLifetime(value) { Array(value.floats()) }
  }

  /// Before training a prefix of real activations, its positions counted, is those tokens before the text.
  @Test func realActivationsAreTokensBeforeTheText() throws {
    let plain = try AttentiveModel.state(), text: [Int32] = [3, 1, 4, 1, 5]
    var state = plain
    try PrefixTuning(length: 3, shiftsPositions: true).attach(to: &state, of: model, seeds: SeedSequence(runSeed: 6))
    let found = logits(text, last: 5, in: state)
    // Which tokens they were is nobody's business: one of 17³.
    let isThere = (0..<17 * 17 * 17).contains { number in
      let ids = [number / 289, number / 17 % 17, number % 17].map(Int32.init)
      let expected = logits(ids + text, last: 5, in: plain)
      return zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 }
    }
    #expect(isThere)
  }

  /// A row of the file: every layer's keys, then its values.
  @Test func theFileIsPEFTs() throws {
    var state = try AttentiveModel.state()
    let scheme = PrefixTuning(length: 3, initialisation: .normal)
    try scheme.attach(to: &state, of: model, seeds: SeedSequence(runSeed: 6))
    let tensors = try scheme.adapterTensors(of: state)
    #expect(tensors.map(\.name) == ["prompt_embeddings"] && tensors[0].tensor.shape == [3, 2 * 2 * 8])
    let second = tensors[0].tensor.rows(1..<2).values
    let parts = ["prefix.0.keys", "prefix.0.values", "prefix.1.keys", "prefix.1.values"] as [ParameterPath]
    #expect(second == parts.flatMap { state.parameters.require($0).tensor.rows(1..<2).values })
  }

  /// PEFT shifts positions: a prefix that does not is no adapter that it would take.
  @Test func onlyShiftedPrefixesCallThemselvesPEFTs() {
    func type(_ shifts: Bool) -> OptionValue? {
      PrefixTuning(shiftsPositions: shifts).adapterConfiguration(of: model)?["peft_type"]
    }
    #expect(type(true) == .text("PREFIX_TUNING") && type(false) == .text("PREFIX_TUNING_UNSHIFTED"))
  }

  @Test func whatCannotBeIsRefused() throws {
    let parameters = try AttentiveModel.state().parameters
    for (model, length) in [(BareModel() as any LanguageModel, 1), (AttentiveModel(), 24)] {
      let error = #expect(throws: TuningError.self) {
        try PrefixTuning(length: length).trainable(of: model, parameters: parameters)
      }
      #expect(error?.code == .notApplicable)
    }
  }
}
