import TensorCore
import Testing
import TuningCore

@Suite struct AnatomyTests {
  private typealias Layer = ModelAnatomy.Layer

  @Test(arguments: [false, true]) func layersLieWhereTheyAreRead(_ normsAfter: Bool) throws {
    let model = DeepToyModel(blocks: 2, normsAfter: normsAfter)
    var state = try model.state(), dice = Dice(6)
    state.parameters.append(try dice.parameter("lora.1.up", [12, 8], role: .adapter))
    state.adapters["1.up"] = ToyAdapter(weight: "lora.1.up")
    let anatomy = ModelAnatomy(of: model, state: state)
    #expect(anatomy.opening == [Layer(kind: .table, paths: ["embed"])])
    #expect(
      anatomy.ending == [Layer(kind: .norm, paths: ["norm"]), Layer(kind: .table, paths: ["embed", "head.bias"])])
    #expect(anatomy.blocks.count == 2 && anatomy.stageCount == 4)
    for (number, branches) in anatomy.blocks.enumerated() {
      func layer(_ kind: Layer.Kind, _ names: String...) -> Layer {
        Layer(kind: kind, paths: names.map { ParameterPath("\(number).\($0)") })
      }
      var up = layer(.linear, "up")
      if number == 1 { up.paths.append("lora.1.up") }
      let norms = [layer(.norm, "norm1"), layer(.norm, "norm2")]
      let attention = [layer(.linear, "q", "q.bias"), layer(.linear, "o")], feedForward = [up, layer(.linear, "down")]
      try #require(branches.count == 2 && branches.map(\.attends) == [true, false])
      #expect(branches[0].layers == (normsAfter ? attention + [norms[0]] : [norms[0]] + attention))
      #expect(branches[1].layers == (normsAfter ? feedForward + [norms[1]] : [norms[1]] + feedForward))
    }
  }

  @Test func stages() throws {
    let model = DeepToyModel(blocks: 3), anatomy = ModelAnatomy(of: model, state: try model.state())
    let known: [(ParameterPath, Int?)] = [
      ("embed", 0), ("0.q", 1), ("2.down", 3), ("norm", 4), ("head.bias", 4), ("unread", nil), ("nowhere", nil),
    ]
    for (path, stage) in known { #expect(anatomy.stage(of: path) == stage, "\(path)") }
    #expect(anatomy.firstStage(of: ["norm", "1.up", "unread"]) == 2 && anatomy.firstStage(of: ["unread"]) == 5)
    let none = ModelAnatomy(of: DeepToyModel(blocks: 0), state: try model.state())
    #expect(none.stageCount == 2 && none.blocks.isEmpty && none.stage(of: "norm") == 1)
  }
}
