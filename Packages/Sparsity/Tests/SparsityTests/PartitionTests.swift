import Sparsity
import TensorCore
import Testing
import TuningCore

@Suite struct PartitionTests {
  private func expect(_ words: String, _ body: () throws -> Void) {
    let error = #expect(throws: TuningError.self) { try body() }
    #expect(error?.code == .unmatchedTarget && error?.message.contains(words) == true, "\(error as Any)")
  }

  private func names(_ paths: String...) -> Set<ParameterPath> { Set(paths.map { ParameterPath($0) }) }

  private static func halves(_ block: Int) -> [String] { ["block \(block) mlp", "block \(block) attention"] }
  private static func linears(_ block: Int) -> [String] {
    ["down", "up", "o", "q"].map { "layers.\(block).\($0)" } + ["block \(block) norms"]
  }

  /// From the top down.
  @Test func levels() throws {
    let model = ToyModel(blocks: 2, isTied: false), state = try model.state()
    let expected: [(Blockwise.Level, [String])] = [
      (.transformerBlock, ["block 1", "block 0"]), (.attentionMLP, Self.halves(1) + Self.halves(0)),
      (.linear, Self.linears(1) + Self.linears(0)),
    ]
    for (level, names) in expected {
      let parts = try Blockwise(level: level).parts(of: state, model: model)
      #expect(parts.map(\.name) == ["head", "norm"] + names + ["embed"], "\(level)")
      #expect(parts.allSatisfy { $0.owner == .first })
      // Every parameter in one part.
      #expect(parts.flatMap(\.paths).sorted() == state.parameters.paths.sorted(), "\(level)")
      let anatomy = ModelAnatomy(of: model, state: state), stages = parts.map { anatomy.firstStage(of: $0.paths) }
      #expect(stages == stages.sorted(by: >))
    }
    let halves = try Blockwise(level: .attentionMLP).parts(of: state, model: model)
    #expect(halves[2].paths == names("layers.1.norm2.weight", "layers.1.up.weight", "layers.1.down.weight"))
    #expect(
      halves[3].paths
        == names("layers.1.norm1.weight", "layers.1.q.weight", "layers.1.q.bias", "layers.1.o.weight"))
    let linears = try Blockwise(level: .linear).parts(of: state, model: model)
    #expect(linears[5].paths == names("layers.1.q.weight", "layers.1.q.bias"))
    #expect(linears[6].paths == names("layers.1.norm1.weight", "layers.1.norm2.weight"))
  }

  @Test func tiedTablesAreOnePart() throws {
    let model = ToyModel(blocks: 1), parts = try Blockwise().parts(of: model.state(), model: model)
    #expect(parts.map(\.name) == ["norm", "block 0", "embed"] && parts[2].paths == names("embed.weight"))
  }

  /// Of adapters, and of what is left unfrozen: parts that nothing trains in are not there.
  @Test(arguments: Blockwise.Level.allCases) func whatDoesNotTrain(_ level: Blockwise.Level) throws {
    let model = ToyModel(blocks: 3), parts = try Blockwise(level: level).parts(of: model.adaptedState(), model: model)
    #expect(
      parts.map(\.paths)
        == (0..<3).reversed().map { names("layers.\($0).q.lora_A.weight", "layers.\($0).q.lora_B.weight") })
    let one = try model.state { $0 == "layers.1.q.bias" }
    #expect(try Blockwise(level: level).parts(of: one, model: model).map(\.paths) == [names("layers.1.q.bias")])
    expect("none of the 0 trainable parameters") {
      _ = try Blockwise(level: level).parts(of: model.state { _ in false }, model: model)
    }
  }

  @Test func updates() {
    #expect(Blockwise(updates: .atOnce).updatesAtOnce && !Blockwise(updates: .atEnd).updatesAtOnce)
    #expect(!HybridSplit(firstOrderBlocks: 1).updatesAtOnce)
  }

  @Test(arguments: [1, 2, 3]) func hybridSplits(_ k: Int) throws {
    for isTied in [true, false] {
      let model = ToyModel(blocks: 3, isTied: isTied), state = try model.state()
      let parts = try HybridSplit(firstOrderBlocks: k).parts(of: state, model: model)
      #expect(parts.map(\.owner) == [.second, .first])
      let upper = state.parameters.paths.filter { path in
        path == "norm.weight" || path == "head.weight" || (3 - k..<3).contains { path.name.hasPrefix("layers.\($0).") }
      }
      #expect(parts[0].paths == Set(upper))
      #expect(parts[1].paths == Set(state.parameters.paths).subtracting(upper))
    }
  }

  @Test func hybridsThatAreNone() throws {
    let model = ToyModel(blocks: 3)
    for k in [0, -1, 4, .max] {
      expect("has 3 blocks: take 1 to 3") {
        _ = try HybridSplit(firstOrderBlocks: k).parts(of: model.state(), model: model)
      }
    }
    expect("nothing trains in the embedding, zeroth order") {
      _ = try HybridSplit(firstOrderBlocks: 3).parts(of: model.adaptedState(), model: model)
    }
    let lower = try model.state { $0.name.hasPrefix("layers.0") }
    expect("nothing trains in the blocks 1-2 and the head, first order") {
      _ = try HybridSplit(firstOrderBlocks: 2).parts(of: lower, model: model)
    }
    #expect(try HybridSplit(firstOrderBlocks: 2).parts(of: model.adaptedState(), model: model).count == 2)
  }

  /// A step of each part, as a run takes it: the losses are those without memory, and less of the model runs.
  @Test(arguments: Blockwise.Level.allCases, Blockwise.Updates.allCases)
  func stepsOfParts(_ level: Blockwise.Level, _ updates: Blockwise.Updates) throws {
    let model = ToyModel(blocks: 4), partition = Blockwise(level: level, updates: updates)
    let batches = [try ToyModel.batch()]
    func run(remembers: Bool) throws -> (losses: [Float], blocks: Int) {
      let state = try model.state(), parts = try partition.parts(of: state, model: model)
      let oracle = EagerOracle(model: model, state: state, objective: .classification, threads: Threads(2))
      var losses: [Float] = []
      for step in 0..<2 {
        if remembers { oracle.remember(batches, for: parts) }
        var waiting: [() -> Void] = []
        for (number, part) in parts.enumerated() {
          let support = Support(part.paths)
          let context = StepContext(
            step: step, learningRate: 0.1, seeds: SeedSequence(runSeed: 1), support: support, firstQuery: number)
          let z = context.direction(query: 0, law: .gaussian)
          let pair = try oracle.losses(
            at: [Displacement([Term(1e-2, z)]), Displacement([Term(-1e-2, z)])], on: batches)
          losses += pair
          let move = Move([Term(-context.learningRate * (pair[0] - pair[1]) / 2e-2, z)])
          waiting.append {
            state.parameters.apply(move, support: support, threads: Threads(2))
            oracle.parametersChanged(in: part.paths)
          }
          if partition.updatesAtOnce { waiting.removeLast()() }
        }
        for update in waiting { update() }
        oracle.forget()
      }
      return (losses, oracle.blockCount)
    }
    let plain = try run(remembers: false), remembered = try run(remembers: true)
    #expect(remembered.losses.map(\.bitPattern) == plain.losses.map(\.bitPattern))
    #expect(remembered.blocks < plain.blocks)
    // Directions of equal blocks differ: so do their slopes.
    #expect(Set(plain.losses).count > plain.losses.count * 9 / 10)
  }
}
