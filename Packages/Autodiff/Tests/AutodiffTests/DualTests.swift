import Autodiff
import TensorCore
import Testing
import TuningCore

/// Against reverse mode: ⟨J v, w⟩ = ⟨v, Jᵀ w⟩, and reverse mode is held to torch.
@Suite struct DualTests {
  private let directions = [Direction(seed: 5), Direction(seed: 6, law: .rademacher)]

  /// ⟨J v, slopes⟩ for each direction.
  private func forward(_ golden: OperationGolden, _ parameters: ParameterSet, threads: Int = 2) -> [Double]? {
    func run(_ operation: some Operation) -> [Double]? {
      let dual = Dual(EagerEvaluator(threads: Threads(threads)), along: directions)
      return operation.apply(parameters, dual).tangents?.map { tangent in
        zip(tangent.floats(), golden.slopes).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
    }
    return run(golden.operation)
  }

  private func backward(_ golden: OperationGolden, along direction: Direction, frozen: String? = nil) -> Double {
    golden.gradients.reduce(0) { sum, entry in
      guard entry.key != frozen else { return sum }
      var z = [Float](repeating: 0, count: entry.value.count)
      z.withUnsafeMutableBufferPointer { direction.fill($0, of: ParameterPath(entry.key), start: 0) }
      return sum + zip(entry.value, z).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
  }

  @Test(arguments: OperationGolden.all)
  func agreesWithTheGradient(_ golden: OperationGolden) throws {
    for frozen in [nil] + golden.parameters.keys.sorted().map(Optional.init) {
      let parameters = try golden.parameterSet(frozen: frozen.map { [$0] } ?? [])
      let found = forward(golden, parameters)
      guard parameters.trainableCount > 0 else {
        #expect(found == nil)
        continue
      }
      // The scale of what is summed, not of the sum, which may cancel.
      let scale = golden.gradients.values.flatMap { $0 }.reduce(0) { $0 + abs($1) }
      for (slope, direction) in zip(try #require(found), directions) {
        let exact = backward(golden, along: direction, frozen: frozen)
        #expect(
          abs(slope - exact) <= 2e-6 * max(1, scale), "\(golden.name), \(frozen ?? "all train"): \(slope), \(exact)")
      }
    }
  }

  @Test(arguments: OperationGolden.all)
  func threadsDoNotTell(_ golden: OperationGolden) throws {
    let parameters = try golden.parameterSet()
    #expect(forward(golden, parameters, threads: 1) == forward(golden, parameters, threads: 3))
  }

  @Test(arguments: OperationGolden.all.filter { $0.parameters["w"] != nil })
  func narrowParameters(_ golden: OperationGolden) throws {
    let narrow = try golden.parameterSet(dtype: .bfloat16)
    var wide = ParameterSet()
    for p in narrow.parameters {
      wide.append(
        Parameter(
          path: p.path, tensor: try Tensor(p.tensor.values, shape: p.tensor.shape), role: p.role, isTrainable: true))
    }
    for (got, expected) in zip(forward(golden, narrow)!, forward(golden, wide)!) {
      #expect(abs(got - expected) <= 1e-5 * max(1, abs(expected)))
    }
  }
}
