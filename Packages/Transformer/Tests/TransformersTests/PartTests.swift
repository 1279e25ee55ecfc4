import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// Each family's parameters by the stage that reads them, and questions about parts of it.
@Suite struct PartTests {
  /// Those with a head that can be asked; with one label there is nothing to tell apart.
  static let models = NoiseModel.all.filter { $0.logits != nil && !$0.name.hasSuffix("one label") }

  private func state(_ pretrained: PretrainedModel) throws -> ModelState {
    var state = pretrained.state
    try state.parameters.update {
      $0.isTrainable = true
      $0.tensor = try $0.tensor.copy()
    }
    return state
  }

  /// A stage reads what is named after its block, and no other does; the ends read the rest.
  @Test(arguments: NoiseModel.all)
  func anatomyIsTheNames(_ model: NoiseModel) throws {
    let pretrained = try model.load(), state = pretrained.state
    let anatomy = ModelAnatomy(of: pretrained.model, state: state)
    #expect(anatomy.blocks.count == pretrained.model.blockCount)
    for path in state.parameters.paths {
      let block = path.name.split(separator: ".").lazy.compactMap { Int($0) }.first
      let stage = anatomy.stage(of: path)
      if let block {
        #expect(stage == block + 1, "\(path)")
      } else if path.name.contains("embed") || path.name.contains("project_in") {
        #expect(stage == 0, "\(path)")
      } else {
        // Poolers are read by no loss.
        #expect(stage == anatomy.stageCount - 1 || (stage == nil && path.name.contains("pooler")), "\(path)")
      }
    }
    for (index, branches) in anatomy.blocks.enumerated() {
      #expect(branches.map(\.attends) == [true, false], "block \(index)")
      for branch in branches {
        for path in branch.layers.flatMap(\.paths) {
          let isAttention =
            path.name.contains("attn") || path.name.contains("attention.") || path.name.contains("input_layernorm")
          #expect(isAttention == branch.attends, "\(path)")
        }
      }
    }
  }

  private func batch(_ model: NoiseModel, _ pretrained: PretrainedModel) throws -> PackedBatch {
    let ids = Array(model.ids.prefix(6)), token = Int32(pretrained.model.vocabularySize - 1)
    switch try #require(pretrained.model.head).prediction {
    case .nextToken:
      return try PackedBatch([ScoringRequest(prompt: ids, continuations: [[token, 1], [2]], gold: 1)])
    case .maskedToken:
      return try PackedBatch(
        cloze: [ClozeRequest(tokens: ids, blanks: [min(1, ids.count - 1)], candidates: [[token], [1]])])
    case .label:
      let labels = try #require(pretrained.model.head).count
      return try PackedBatch(labelled: [LabelRequest(tokens: ids, labels: labels)])
    }
  }

  /// Two steps of a two-sided question about each stage, updates made at once or at the end of the step.
  private func run(_ model: NoiseModel, atOnce: Bool, remembers: Bool) throws -> (
    losses: [Float], blocks: Int, expected: Int
  ) {
    let pretrained = try model.load(), state = try state(pretrained), batch = try batch(model, pretrained)
    let oracle = EagerOracle(model: pretrained.model, state: state, objective: .classification, threads: Threads(2))
    let anatomy = ModelAnatomy(of: pretrained.model, state: state)
    let parts = (0..<anatomy.stageCount).reversed().compactMap { stage -> Part? in
      let paths = state.parameters.paths.filter { anatomy.stage(of: $0) == stage }
      return paths.isEmpty ? nil : Part(name: "\(stage)", paths: Set(paths))
    }
    // A step's clean forward to the last part, and the pairs from their stages on.
    let begins = parts.map { anatomy.firstStage(of: $0.paths) }, end = anatomy.stageCount - 1
    let expected = (begins.max() ?? 1) - 1 + begins.reduce(0) { $0 + 2 * (end - max(1, $1)) }
    var losses: [Float] = []
    for step in 0..<2 {
      if remembers { oracle.remember([batch], for: parts) }
      var waiting: [(move: Move, support: Support)] = []
      for (number, part) in parts.enumerated() {
        let support = Support(part.paths), z = Direction(seed: UInt64(10 * step + number), support: support)
        let pair = try oracle.losses(
          at: [Displacement([Term(0.01, z)]), Displacement([Term(-0.01, z)])], on: batch)
        losses += pair
        waiting.append((Move([Term((pair[1] - pair[0]) / 4, z)]), support))
        if atOnce {
          state.parameters.apply(waiting.removeLast().move, support: support, threads: Threads(2))
          oracle.parametersChanged(in: part.paths)
        }
      }
      for (move, support) in waiting { state.parameters.apply(move, support: support, threads: Threads(2)) }
      oracle.forget()
    }
    return (losses, oracle.blockCount, 2 * expected)
  }

  @Test(arguments: models, [true, false])
  func remembering(_ model: NoiseModel, atOnce: Bool) throws {
    let plain = try run(model, atOnce: atOnce, remembers: false)
    let remembered = try run(model, atOnce: atOnce, remembers: true)
    #expect(remembered.losses.map(\.bitPattern) == plain.losses.map(\.bitPattern))
    #expect(remembered.blocks == remembered.expected && remembered.blocks <= plain.blocks)
    #expect(Set(plain.losses).count > plain.losses.count / 2)
  }
}
