import Autodiff
import TensorCore
import Testing
import TuningCore

@Suite struct TapeTests {
  private func expectClose(
    _ got: [Float], _ expected: [Double], _ what: String, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(got.count == expected.count, "\(what)", sourceLocation: location)
    let bound = 4e-6 * max(1, expected.map(abs).max() ?? 0)
    for (i, (g, e)) in zip(got, expected).enumerated() where !(abs(Double(g) - e) <= bound) {
      Issue.record("\(what) [\(i)]: \(g), not \(e) ± \(bound)", sourceLocation: location)
      return
    }
  }

  /// Forwards, back with the golden's slopes; the gradients by path.
  private func gradients(
    _ golden: OperationGolden, _ parameters: ParameterSet, threads: Int = 2, foreseeing: Bool = false
  ) throws -> (out: [Float], gradients: [ParameterPath: Tensor]) {
    func run(_ operation: some Operation, _ tape: Tape, _ eager: EagerEvaluator) -> [Float] {
      let out = operation.apply(parameters, tape)
      let slopes = eager.uninitialized(rows: out.primal.rows, columns: out.primal.columns)
      for (i, slope) in golden.slopes.enumerated() { slopes.mutableFloats[i] = slope }
      let values = Array(out.primal.floats())
      tape.backward(from: out, slopes: slopes)
      #expect(tape.isEmpty)
      return values
    }
    let sums = try GradientSums(for: parameters)
    let eager = EagerEvaluator(threads: Threads(threads))
    let tape = Tape(eager, into: sums, foreseeing: foreseeing ? golden.slopes : nil)
    let out = run(golden.operation, tape, eager)
    return (out, sums.tensors)
  }

  @Test(arguments: OperationGolden.all)
  func gradientsAreTorchs(_ golden: OperationGolden) throws {
    let (out, gradients) = try gradients(golden, golden.parameterSet())
    expectClose(out, golden.out, "the result")
    #expect(gradients.count == golden.parameters.count)
    for (path, expected) in golden.gradients {
      expectClose(try #require(gradients[ParameterPath(path)]).values, expected, "the gradient of \(path)")
    }
  }

  /// Slopes that are known beforehand spare the logits a second time, and change no number.
  @Test(arguments: OperationGolden.all)
  func foreseenSlopesChangeNothing(_ golden: OperationGolden) throws {
    let parameters = try golden.parameterSet()
    let (_, late) = try gradients(golden, parameters)
    let (out, early) = try gradients(golden, parameters, foreseeing: true)
    expectClose(out, golden.out, "the result")
    for (path, tensor) in late { #expect(early[path]?.values == tensor.values, "\(path)") }
  }

  /// Whatever else trains or not, a parameter's gradient is the same; a frozen one has none.
  @Test(arguments: OperationGolden.all)
  func frozenParametersChangeNothing(_ golden: OperationGolden) throws {
    for frozen in golden.parameters.keys {
      let (_, gradients) = try gradients(golden, golden.parameterSet(frozen: [frozen]))
      #expect(gradients[ParameterPath(frozen)] == nil)
      for (path, tensor) in gradients { expectClose(tensor.values, golden.gradients[path.name]!, "\(path)") }
    }
  }

  /// Parameters in 16 bits: the gradients are those at the rounded numbers.
  @Test(arguments: OperationGolden.all.filter { $0.parameters["w"] != nil }, [DType.bfloat16, .float16])
  func narrowParameters(_ golden: OperationGolden, _ dtype: DType) throws {
    let narrow = try golden.parameterSet(dtype: dtype)
    var wide = ParameterSet()
    for p in narrow.parameters {
      wide.append(
        Parameter(
          path: p.path, tensor: try Tensor(p.tensor.values, shape: p.tensor.shape), role: p.role, isTrainable: true))
    }
    let expected = try gradients(golden, wide).gradients
    for (path, tensor) in try gradients(golden, narrow).gradients {
      expectClose(tensor.values, expected[path]!.values.map(Double.init), "\(path)")
    }
  }

  @Test(arguments: OperationGolden.all)
  func threadsDoNotTell(_ golden: OperationGolden) throws {
    let results = try [1, 2, 3].map { threads in
      try gradients(golden, golden.parameterSet(), threads: threads).gradients
        .sorted { $0.key.name < $1.key.name }.map { $0.value.values.map(\.bitPattern) }
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  /// Σ over two batches is the sum of both.
  @Test func sumsAddUp() throws {
    let golden = try #require(OperationGolden.all.first { $0.name == "linear" }), parameters = try golden.parameterSet()
    let sums = try GradientSums(for: parameters), eager = EagerEvaluator()
    for _ in 0..<2 {
      let tape = Tape(eager, into: sums), out = Linear().apply(parameters, tape)
      let slopes = eager.uninitialized(rows: out.primal.rows, columns: out.primal.columns)
      for (i, slope) in golden.slopes.enumerated() { slopes.mutableFloats[i] = slope }
      tape.backward(from: out, slopes: slopes)
    }
    for (path, tensor) in sums.tensors {
      expectClose(tensor.values, golden.gradients[path.name]!.map { 2 * $0 }, "\(path)")
    }
  }
}
