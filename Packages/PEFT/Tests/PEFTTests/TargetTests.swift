import PEFT
import TensorCore
import Testing
import TuningCore

/// Which layers are taken, and what is said where none is.
@Suite struct TargetTests {
  private func names(_ targets: TargetModules) throws -> [String] {
    try targets.layers(of: ToyModel.state().parameters).map(\.path.name)
  }

  private func refusal(_ targets: TargetModules) -> String {
    let error = #expect(throws: TuningError.self) { try names(targets) }
    #expect(error?.code == .unmatchedTarget)
    return error?.message ?? ""
  }

  private let everyLayer = (0..<3).flatMap { block in
    ["q_proj", "v_proj"].map { "model.layers.\(block).self_attn.\($0).weight" }
  }

  @Test func namesAreEndingsInTheModelsOrder() throws {
    #expect(try names(TargetModules(["v_proj", "q_proj"])) == everyLayer)
    #expect(try names(TargetModules(["self_attn.q_proj"])) == [everyLayer[0], everyLayer[2], everyLayer[4]])
    #expect(try names(TargetModules(["model.layers.1.self_attn.q_proj"])) == [everyLayer[2]])
    #expect(try names(TargetModules(["q_proj", "self_attn.q_proj"], blocks: 2...2)) == [everyLayer[4]])
    #expect(try names(TargetModules(["lm_head", "v_proj"], blocks: nil)).last == "lm_head.weight")
    #expect(try names(TargetModules(["q_proj"], blocks: 1...2)) == [everyLayer[2], everyLayer[4]])
  }

  /// As PEFT does: what makes logits of states is no target unless named.
  @Test func allLinearLeavesTheHeadOut() throws {
    #expect(try names(TargetModules(["all-linear"])) == everyLayer)
    #expect(try names(TargetModules(["all-linear"], blocks: 0...1)) == Array(everyLayer[..<4]))
  }

  @Test func unknownTargetsAreToldTheNearOne() {
    let near = refusal(TargetModules(["q_proj", "v_porj"]))
    #expect(near.contains("'v_porj' matches none of the model's 7 linear layers"))
    #expect(near.contains("Did you mean 'v_proj'?") && near.contains("lm_head, q_proj, v_proj"))
    #expect(!refusal(TargetModules(["experts"])).contains("Did you mean"))
    // A part of a name is no ending, and a layer that is not linear no target.
    #expect(refusal(TargetModules(["proj"])).contains("'proj'"))
    #expect(refusal(TargetModules(["embed_tokens"])).contains("'embed_tokens'"))
  }

  @Test func blocksMustBeThere() {
    #expect(
      refusal(TargetModules(["q_proj"], blocks: 2...3)).contains("blocks 2-3 are asked for, the model has 3: 0 to 2"))
    #expect(refusal(TargetModules(["all-linear"], blocks: 0...(.max))).contains("0 to 2"))
  }

  /// The head lies in no block: asked for within blocks, it would train nothing and say nothing.
  @Test func aTargetOutsideTheChosenBlocksIsRefused() {
    #expect(
      refusal(TargetModules(["q_proj", "lm_head"], blocks: 0...2)).contains("'lm_head' matches no linear layer of"))
  }

  @Test func aModelWithoutBlocksHasNoLinearLayersToTakeAll() throws {
    var set = ParameterSet()
    set.append(Parameter(path: "head.weight", tensor: try Tensor(zeros: [2, 2]), role: .linear))
    let error = #expect(throws: TuningError.self) { try TargetModules(["all-linear"]).layers(of: set) }
    #expect(error?.code == .unmatchedTarget)
  }

  /// A refused attachment leaves the state as it was.
  @Test func aRefusalChangesNothing() throws {
    var state = try ToyModel.state()
    let before = state.bits
    #expect(throws: TuningError.self) {
      try LoRA(targets: ["q_proj", "nothing"]).attach(to: &state, of: ToyModel(), seeds: SeedSequence(runSeed: 1))
    }
    #expect(state.bits == before && state.adapters.isEmpty && state.parameters.trainable.isEmpty)
  }
}
