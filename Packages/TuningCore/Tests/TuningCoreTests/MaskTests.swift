import TensorCore
import Testing
import TuningCore

/// What lies outside of a mask is as if it were not there.
@Suite struct MaskTests {
  private static let rules: [any UpdateRule & Sendable] = [
    PlainDescent(weightDecay: WeightDecay(0.5)), ElementwiseSign(), HeavyBall(weightDecay: WeightDecay(2)),
    Adam(isAMSGrad: true, weightDecay: WeightDecay(0.5, isCoupled: true)),
  ]

  /// One parameter longer than the pieces that threads take, and of odd sizes; with zeros of both signs.
  private func set(_ dtype: DType) throws -> ParameterSet {
    var dice = Dice(31), set = ParameterSet()
    for (path, shape, role) in [
      (ParameterPath("linear"), [351, 201], ParameterRole.linear), ("norm", [33], .norm),
      ("stored", [77, 13], .linear),
      ("whole", [5, 3], .linear), ("outside", [4, 4], .linear),
    ] {
      let parameter = try dice.parameter(path, shape, dtype: dtype, role: role)
      [-0.0, 0.0, -0.0].withUnsafeBufferPointer { parameter.tensor.store($0, at: 3) }
      set.append(parameter)
    }
    return set
  }

  private func support(_ set: ParameterSet) throws -> Support {
    let bits = try ElementBits(of: set.require("stored").tensor, threads: Threads(1)) { value, _ in abs(value) > 0.4 }
    return Support([
      "linear": .addressed(seed: 5, threshold: 1 << 30), "norm": .addressed(seed: 5, threshold: 3 << 30),
      "stored": .stored(bits), "whole": .all,
    ])
  }

  private func isInside(_ support: Support, _ parameter: Parameter) -> [Bool] {
    var ones = [Float](repeating: support.includes(parameter.path) ? 1 : 0, count: parameter.tensor.count)
    ones.withUnsafeMutableBufferPointer {
      support.mask(of: parameter.path)?.clear($0, pathHash: parameter.path.hash, start: 0)
    }
    return ones.map { $0 == 1 }
  }

  @Test func directionsAreNoughtOutside() throws {
    let set = try set(.float32), support = try support(set)
    for parameter in set.parameters {
      let count = parameter.tensor.count, inside = isInside(support, parameter)
      let z = Direction(seed: 3).elements(of: parameter.path, count: count)
      let masked = Direction(seed: 3, support: support).elements(of: parameter.path, count: count)
      expectSame(masked.bits, zip(z, inside).map { $1 ? $0 : 0 }.bits, "\(parameter.path)")
      #expect(support.includes(parameter.path) == inside.contains(true))
    }
    let kept = set.parameters.reduce(0) { sum, parameter in sum + isInside(support, parameter).filter { $0 }.count }
    #expect(kept > 18_000 && kept < 20_000)
    for threads in [1, 3] {
      let (sum, count) = set.squaredNorm(
        of: Direction(seed: 3, law: .rademacher, support: support), threads: Threads(threads))
      #expect(count == kept && sum == Double(kept))
    }
  }

  /// Inside as if there were no mask, for rules treat each element alone; outside every bit stays, the state's too.
  @Test(arguments: [(nil, DType.float32), (nil, .float16), (0, .float32), (1, .bfloat16), (2, .float32), (3, .float16)])
  func updatesStayInside(_ rule: Int?, _ dtype: DType) throws {
    let rule = rule.map { Self.rules[$0] }
    func run(_ masks: (ParameterSet) throws -> Support, threads: Int) throws -> (ParameterSet, OptimizerState) {
      let set = try set(dtype), state = try OptimizerState(rule: rule, for: set), support = try masks(set)
      for step in 0..<3 {
        let terms = [
          Term(-0.75, Direction(seed: UInt64(step), support: support)),
          Term(0.5, Direction(seed: 90, law: .rademacher, support: support)),
        ]
        let update: ParameterUpdate =
          rule == nil ? .move(Move(terms, decay: 0.01)) : .descent(.directions(terms), learningRate: 0.01)
        set.apply(
          update, step: step, support: support, state: state, roundingSeed: UInt64(step), threads: Threads(threads))
      }
      return (set, state)
    }
    let before = try set(dtype), support = try support(before)
    let (masked, state) = try run({ _ in support }, threads: 3)
    let (free, freeState) = try run({ _ in .everything }, threads: 2)
    for (number, parameter) in masked.parameters.enumerated() {
      let inside = isInside(support, parameter)
      func check(_ found: Tensor, _ free: Tensor, _ before: [Float], _ what: String) {
        let values = found.values.bits, old = before.bits, new = free.values.bits
        let wrong = inside.indices.filter { values[$0] != (inside[$0] ? new[$0] : old[$0]) }
        #expect(wrong.isEmpty, "\(what): \(wrong.count) of \(inside.count) elements")
        #expect(!inside.contains(true) || zip(values, old).contains { $0 != $1 }, "\(what) did not change")
      }
      check(
        parameter.tensor, free.parameters[number].tensor, before.parameters[number].tensor.values, "\(parameter.path)")
      for ((name, tensor), freeTensor) in zip(state.tensors, freeState.tensors)
      where name.hasSuffix(".\(parameter.path)") {
        check(tensor, freeTensor.tensor, [Float](repeating: 0, count: tensor.count), name)
      }
    }
  }

  /// A replay takes several steps in one pass, each with its own mask and rounding.
  @Test(arguments: [nil, 0, 1, 2, 3], DType.allCases)
  func updatesInOnePassAreOneAfterTheOther(_ rule: Int?, _ dtype: DType) throws {
    func bits(_ apply: (ParameterSet, [StepUpdate], OptimizerState) -> Void) throws -> [UInt32] {
      let set = try set(dtype), state = try OptimizerState(rule: rule.map { Self.rules[$0] }, for: set)
      let support = try support(set), some = Support(["linear": .addressed(seed: 7, threshold: 1 << 31), "norm": .all])
      let updates = [support, .everything, some, support, .everything].enumerated().map { step, within in
        // The second of them names elements that the update leaves alone, and misses some that it moves.
        let terms = [
          Term(-0.75, Direction(seed: UInt64(step), support: within)), Term(0.5, Direction(seed: 90, support: some)),
        ]
        return StepUpdate(
          rule == nil ? .move(Move(terms, decay: 0.01)) : .descent(.directions(terms), learningRate: 0.01),
          step: step, support: within, roundingSeed: UInt64(100 + step))
      }
      apply(set, updates, state)
      return (set.parameters.map(\.tensor) + state.tensors.map(\.tensor)).flatMap { $0.values.bits }
    }
    let inOnePass = try bits { $0.apply($1, state: $2, threads: Threads(2)) }
    let oneByOne = try bits { set, updates, state in
      for update in updates { set.apply([update], state: state, threads: Threads(3)) }
    }
    expectSame(inOnePass, oneByOne)
  }

  /// The law of displacements holds within a mask.
  @Test func scoredDirectionIsAppliedDirection() throws {
    let state = try ToyModel.state()
    let masks = state.parameters.paths.enumerated().map { number, path in
      (path, number % 3 == 0 ? ElementMask.all : .addressed(seed: 1, threshold: 1 << 31))
    }
    let support = Support(Dictionary(uniqueKeysWithValues: masks))
    let oracle = EagerOracle(model: ToyModel(), state: state, objective: .classification, threads: Threads(2))
    let batch = try PackedBatch([ScoringRequest(prompt: [3, 14, 15], continuations: [[9], [26, 5]], gold: 1)])
    let terms = [Term(0.05, Direction(seed: 1, support: support))]
    let scored = try oracle.losses(
      at: [Displacement(terms), .none, Displacement([Term(0.05, Direction(seed: 1))])], on: batch)
    #expect(abs(scored[0] - scored[1]) > 1e-3 && abs(scored[0] - scored[2]) > 1e-3, "mask and displacement tell")
    state.parameters.apply(Move(terms), support: support, threads: Threads(2))
    let applied = try oracle.losses(at: [.none], on: batch)[0]
    #expect(abs(applied - scored[0]) <= 1e-6 * abs(scored[0]), "\(applied), scored \(scored[0])")
  }
}
