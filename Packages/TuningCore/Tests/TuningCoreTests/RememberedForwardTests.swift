import TensorCore
import Testing
import TuningCore

/// Questions about parts of a model, asked of an oracle that remembers and of one that does not.
@Suite struct RememberedForwardTests {
  private func oracle(_ blocks: Int, threads: Int = 2) throws -> EagerOracle {
    let model = DeepToyModel(blocks: blocks)
    return EagerOracle(model: model, state: try model.state(), objective: .classification, threads: Threads(threads))
  }

  /// The end, the blocks from the last on, the embedding.
  private func parts(_ blocks: Int) -> [Part] {
    let names = ["norm1", "q", "q.bias", "o", "norm2", "up", "down"]
    return [Part(name: "end", paths: ["norm", "head.bias"])]
      + (0..<blocks).reversed().map { block in
        Part(name: "block \(block)", paths: Set(names.map { ParameterPath("\(block).\($0)") }))
      } + [Part(name: "embed", paths: ["embed"])]
  }

  private enum Question { case twoSided, oneSided, threeQueries }

  private func displacements(_ question: Question, _ support: Support, seed: Int) -> [Displacement] {
    func along(_ query: Int, _ step: Float) -> Displacement {
      Displacement([Term(step, Direction(seed: UInt64(100 * seed + query), support: support))])
    }
    switch question {
    case .twoSided: return [along(0, 0.01), along(0, -0.01)]
    case .oneSided: return [.none, along(0, 0.01)]
    case .threeQueries: return (0..<3).flatMap { [along($0, 0.01), along($0, -0.01)] }
    }
  }

  /// Two steps of two batches; losses of all parts, and the parameters at the end.
  private func run(
    _ oracle: EagerOracle, _ parts: [Part], _ question: Question, atOnce: Bool, remembers: Bool
  ) throws -> [Float] {
    let batches = [
      try DeepToyModel.batch(), try PackedBatch([ScoringRequest(prompt: [7, 7], continuations: [[1, 2]])]),
    ]
    var found: [Float] = []
    for step in 0..<2 {
      if remembers { oracle.remember(batches, for: parts) }
      var moves: [(Move, Support)] = []
      for (number, part) in parts.enumerated() {
        let support = Support(part.paths)
        let asked = displacements(question, support, seed: 10 * step + number)
        for batch in batches { found += try oracle.losses(at: asked, on: batch) }
        let slope = found[found.count - 1] - found[found.count - 2]
        moves.append((Move([Term(slope * 2, asked[1].terms[0].direction)]), support))
        if atOnce { apply(moves.removeLast()) }
      }
      for move in moves { apply(move) }
      oracle.forget()
    }
    func apply(_ move: (Move, Support)) {
      oracle.state.parameters.apply(move.0, support: move.1, threads: Threads(2))
      oracle.parametersChanged(in: Set(oracle.state.parameters.trainable(in: move.1).map(\.path)))
    }
    return found + oracle.state.parameters.parameters.flatMap(\.tensor.values)
  }

  @Test(arguments: [0, 1, 4], [true, false])
  func lossesAreTheSameBits(_ blocks: Int, _ atOnce: Bool) throws {
    for parts in [parts(blocks), parts(blocks).reversed(), parts(blocks).filter { $0.name != "end" }] {
      for question in [Question.twoSided, .threeQueries] {
        let plain = try run(oracle(blocks), parts, question, atOnce: atOnce, remembers: false)
        let shared = try run(oracle(blocks), parts, question, atOnce: atOnce, remembers: true)
        expectSame(shared.bits, plain.bits, "\(question), \(parts.map(\.name))")
      }
      // A loss at no displacement is that of a question of its own: not beside another in one product.
      let plain = try run(oracle(blocks), parts, .oneSided, atOnce: atOnce, remembers: false)
      let shared = try run(oracle(blocks), parts, .oneSided, atOnce: atOnce, remembers: true)
      expectClose(shared, plain.map(Double.init), tolerance: 1e-5)
    }
  }

  /// Blocks that ran: 1,087 for one two-sided question about each of 32 blocks, where 1,552 ran before.
  @Test func theUnchangedBelowIsNotRunAgain() throws {
    let L = 32, oracle = try oracle(L), batch = try DeepToyModel.batch()
    func ask(_ parts: [Part], _ question: Question = .twoSided) throws -> (blocks: Int, queries: Int) {
      let before = (oracle.blockCount, oracle.queryCount)
      for part in parts {
        _ = try oracle.losses(at: displacements(question, Support(part.paths), seed: 1), on: batch)
        oracle.parametersChanged(in: part.paths)
      }
      return (oracle.blockCount - before.0, oracle.queryCount - before.1)
    }
    let blocks = parts(L).filter { $0.name.hasPrefix("block") }
    // Lanes are one below the first displaced block: block b costs b + 2 (L − b).
    let plain = try ask(blocks)
    #expect(plain.blocks == 3 * L * L / 2 + L / 2 && plain.queries == 2 * L)
    oracle.remember([batch], for: blocks)
    let shared = try ask(blocks)
    #expect(shared.blocks == L - 1 + L * (L + 1) && shared.queries == 2 * L)
    // From the bottom up each change takes away what lies above: below the next block lies one block that changed.
    oracle.remember([batch], for: blocks)
    #expect(try ask(blocks.reversed()).blocks == L - 1 + L * (L + 1))
    // Updates at the end: the loss at no displacement is asked L times and run once, the others begin at their blocks.
    oracle.remember([batch], for: blocks)
    let before = oracle.queryCount, ran = oracle.blockCount
    for part in blocks {
      _ = try oracle.losses(at: displacements(.oneSided, Support(part.paths), seed: 1), on: batch)
    }
    #expect(oracle.queryCount - before == L + 1 && oracle.blockCount - ran == L + L * (L + 1) / 2)
    oracle.forget()
    #expect(try ask([blocks[0]]).blocks == L + 1)
  }

  /// Memory is that of the inputs of the stages where parts begin, and given back.
  @Test func memoryIsThatOfTheInputs() throws {
    func peak(_ parts: [Part], asked: [Part], remembers: Bool) throws -> Int {
      let oracle = try oracle(12), batch = try DeepToyModel.batch()
      if remembers { oracle.remember([batch], for: parts) }
      for part in asked {
        _ = try oracle.losses(at: displacements(.twoSided, Support(part.paths), seed: 1), on: batch)
      }
      oracle.forget()
      let held = oracle.workspace.peakBytes
      _ = try oracle.losses(at: [.none], on: batch)
      #expect(oracle.workspace.peakBytes == held)
      return held
    }
    let all = parts(12), size = try DeepToyModel.batch().tokens.count * 8 * 4
    let plain = try peak(all, asked: all, remembers: false), shared = try peak(all, asked: all, remembers: true)
    #expect(shared > plain && shared <= plain + 13 * (size + 128), "\(shared) bytes, \(plain) without")
    let two = [all[6], all[13]]
    #expect(try peak(two, asked: two, remembers: true) <= plain + size + 128)
  }

  /// Whatever is told to have changed is computed anew; a new state, and a batch that was not announced, too.
  @Test func nothingStaleIsUsed() throws {
    let oracle = try oracle(4), batch = try DeepToyModel.batch(), parts = parts(4)
    let asked = displacements(.oneSided, Support(parts[1].paths), seed: 3)
    for path in ["embed", "0.up", "1.norm1", "3.q.bias", "norm", "head.bias"] as [ParameterPath] {
      oracle.remember([batch], for: parts)
      _ = try oracle.losses(at: asked, on: batch)
      let values = oracle.state.parameters.require(path).tensor.mutableFloats
      for i in values.indices { values[i] += 0.25 }
      oracle.parametersChanged(in: [path])
      let remembered = try oracle.losses(at: asked, on: batch)
      oracle.forget()
      let anew = try oracle.losses(at: asked, on: batch)
      expectClose(remembered, anew.map(Double.init), tolerance: 1e-6)
    }
    oracle.remember([batch], for: parts)
    let before = try oracle.losses(at: asked, on: batch)
    oracle.state = try DeepToyModel(blocks: 4).state()
    #expect(try oracle.losses(at: asked, on: batch) != before)
    oracle.remember([batch], for: parts)
    let ran = oracle.blockCount
    let other = try PackedBatch([ScoringRequest(prompt: [1], continuations: [[2], [3]])])
    _ = try oracle.losses(at: asked, on: other)
    #expect(oracle.blockCount - ran == 3 + 2)
  }

  /// A parameter that no loss depends on: nothing runs for it but the loss itself.
  @Test func whatIsNotRead() throws {
    let oracle = try oracle(2), batch = try DeepToyModel.batch(), parts = [Part(name: "unread", paths: ["unread"])]
    oracle.remember([batch], for: parts)
    let losses = try oracle.losses(at: displacements(.twoSided, Support(["unread"]), seed: 1), on: batch)
    #expect(losses[0] == losses[1] && oracle.queryCount == 1 && oracle.blockCount == 2)
    oracle.parametersChanged(in: ["unread"])
    #expect(try oracle.losses(at: [.none], on: batch) == [losses[0]] && oracle.queryCount == 1)
  }
}
