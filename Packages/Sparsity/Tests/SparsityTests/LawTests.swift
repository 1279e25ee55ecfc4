import Sparsity
import TensorCore
import Testing
import TuningCore

/// Over a run: what a mask leaves out keeps its bits, whatever applies the updates.
@Suite struct LawTests {
  static let maskings: [any Masking] = [
    RandomMask(sparsity: 0.9, period: 0), RandomMask(sparsity: 0.97, rates: .uniform, period: 2),
    MagnitudeMask(keep: .large), MagnitudeMask(threshold: .global),
  ]
  static let rules: [(any UpdateRule & Sendable)?] = [
    nil, ElementwiseSign(weightDecay: WeightDecay(0.1)), HeavyBall(weightDecay: WeightDecay(0.1, isCoupled: true)),
    Adam(weightDecay: WeightDecay(0.1)),
  ]

  @Test(arguments: maskings.indices, rules.indices)
  func maskedElementsKeepTheirBits(_ masking: Int, _ number: Int) throws {
    let model = ToyModel(blocks: 2), rule = Self.rules[number]
    for dtype in [DType.float32, .bfloat16] {
      let state = try model.state(dtype: dtype), set = state.parameters
      let masks = try Self.maskings[masking].masks(for: set, seeds: SeedSequence(runSeed: 1), threads: Threads(2))
      let optimizer = try OptimizerState(rule: rule, for: set)
      let oracle = EagerOracle(model: model, state: state, objective: .classification, threads: Threads(2))
      let before = set.parameters.map(\.tensor.values)
      var touched = set.parameters.map { [Bool](repeating: false, count: $0.tensor.count) }
      for step in 0..<5 {
        let support = masks.support(of: Set(set.paths), step: step)
        let z = Direction(seed: UInt64(step), support: support)
        let pair = try oracle.losses(
          at: [Displacement([Term(0.01, z)]), Displacement([Term(-0.01, z)])], on: ToyModel.batch())
        let terms = [Term((pair[0] - pair[1]) / 0.02, z)]
        set.apply(
          rule == nil ? .move(Move(terms, decay: 0.1)) : .descent(.directions(terms), learningRate: 0.1), step: step,
          support: support, state: optimizer, roundingSeed: UInt64(step), threads: Threads(2))
        for (index, parameter) in set.parameters.enumerated() {
          touched[index] = zip(touched[index], inside(support, parameter)).map { $0 || $1 }
        }
      }
      let moved = zip(set.parameters, before).map { parameter, before in
        zip(parameter.tensor.values, before).map { $0.bitPattern != $1.bitPattern }
      }
      for (moved, touched) in zip(moved, touched) {
        #expect(zip(moved, touched).allSatisfy { !$0 || $1 })
      }
      // The others do move: of some thousand elements most.
      let counts = [moved, touched].map { $0.joined().filter { $0 }.count }
      #expect(counts[0] > counts[1] / 2 && counts[1] < set.count * 9 / 10 && counts[1] > 0, "\(counts) of \(set.count)")
      for (name, tensor) in optimizer.tensors {
        let path = name.drop { $0 != "." }.dropFirst(),
          index = set.paths.firstIndex { $0.name == path || name.hasSuffix("." + $0.name) }
        let outside = try #require(index.map { touched[$0] })
        #expect(zip(tensor.values, outside).allSatisfy { $0 == 0 || $1 }, "\(name)")
      }
    }
  }
}
