import TensorCore
import Testing
import TuningCore

@Suite struct MoveTests {
  private let move = Move(
    [Term(-1e-3, Direction(seed: 1)), Term(0, Direction(seed: 2)), Term(3e-4, Direction(seed: 3, law: .rademacher))],
    decay: 0.01)

  /// θ ← fma(c₂, z₂, fma(c₁, z₁, (1 − λ) θ)), as docs/noise.md has it.
  private func moved(_ parameter: Parameter) -> [Float] {
    let keep: Float = parameter.role == .norm || parameter.role == .bias ? 1 : 1 - move.decay
    return move.terms.filter { $0.coefficient != 0 }.reduce(parameter.tensor.values.map { keep * $0 }) { values, term in
      let z = term.direction.elements(of: parameter.path, count: values.count)
      return zip(values, z).map { $0.addingProduct(term.coefficient, $1) }
    }
  }

  /// One parameter of every role, one of them longer than the pieces that threads take.
  private func set(_ dtype: DType) throws -> ParameterSet {
    var dice = Dice(11), set = ParameterSet()
    set.append(try dice.parameter("embed", [351, 201], dtype: dtype, role: .embedding))
    set.append(try dice.parameter("frozen", [9], dtype: dtype, trains: false))
    set.append(try dice.parameter("linear", [70, 31], dtype: dtype))
    set.append(try dice.parameter("norm", [33], dtype: dtype, role: .norm))
    set.append(try dice.parameter("bias", [1], dtype: dtype, role: .bias))
    set.append(try dice.parameter("adapter", [2, 3], dtype: dtype, role: .adapter))
    return set
  }

  @Test func float32IsMovedToTheBit() throws {
    let set = try set(.float32)
    let expected = set.parameters.map { $0.isTrainable ? moved($0).bits : $0.tensor.values.bits }
    set.apply(move, threads: Threads(2))
    for (parameter, bits) in zip(set.parameters, expected) {
      expectSame(parameter.tensor.values.bits, bits, "\(parameter.path)")
    }
  }

  @Test(arguments: [DType.float16, .bfloat16], Rounding.allCases)
  func narrowTypesAreRoundedOnce(_ dtype: DType, _ rounding: Rounding) throws {
    let set = try set(dtype)
    let expected = try set.parameters.map { parameter -> [Float] in
      guard parameter.isTrainable else { return parameter.tensor.values }
      let target = try Tensor(zeros: parameter.tensor.shape, dtype: dtype)
      moved(parameter).withUnsafeBufferPointer { values in
        switch rounding {
        case .nearest: target.store(values, at: 0)
        case .stochastic: target.storeStochastically(values, at: 0, seed: 77, pathHash: parameter.path.hash)
        }
      }
      return target.values
    }
    set.apply(move, rounding: rounding, roundingSeed: 77, threads: Threads(2))
    for (parameter, values) in zip(set.parameters, expected) {
      expectSame(parameter.tensor.values.bits, values.bits, "\(parameter.path)")
    }
  }

  /// A move of a thousandth of a step adds up over many seeds; rounded to nearest it would be lost every time.
  @Test(arguments: [DType.float16, .bfloat16])
  func stochasticRoundingKeepsTheMean(_ dtype: DType) throws {
    let count = 50_000, coefficient: Float = dtype == .float16 ? 1e-6 : 1e-5
    let ones = [Float](repeating: 1.5, count: count)
    let parameter = Parameter(
      path: "w", tensor: try Tensor(ones, shape: [count], dtype: dtype), role: .linear, isTrainable: true)
    var set = ParameterSet()
    set.append(parameter)
    let direction = Direction(seed: 4, law: .rademacher), z = direction.elements(of: "w", count: count)
    let steps = 40
    for step in 0..<steps {
      set.apply(
        Move([Term(coefficient, direction)]), roundingSeed: SeedSequence(runSeed: 5).seed(.rounding, step: step),
        threads: Threads(2))
    }
    // Each element went its own way; their mean along z is the sum of the moves.
    let travelled =
      zip(parameter.tensor.values, z).reduce(0.0) { $0 + Double($1.0 - 1.5) * Double($1.1) } / Double(count)
    let expected = Double(coefficient) * Double(steps)
    let ulp = dtype == .float16 ? 0x1p-10 : 0x1p-7
    // Variance of one rounding is at most p · ulp², p = coefficient / ulp.
    let deviation = (expected * ulp / Double(count)).squareRoot()
    #expect(abs(travelled - expected) < 5 * deviation, "\(travelled), not \(expected) ± \(deviation)")

    let before = parameter.tensor.values
    set.apply(Move([Term(coefficient, direction)]), rounding: .nearest, threads: Threads(1))
    expectSame(parameter.tensor.values, before, "to nearest nothing moves")
  }

  @Test(arguments: DType.allCases)
  func threadsDoNotTell(_ dtype: DType) throws {
    let one = try set(dtype), two = try set(dtype)
    one.apply(move, roundingSeed: 1, threads: Threads(1))
    two.apply(move, roundingSeed: 1, threads: Threads(3))
    expectSame(one.parameters.flatMap { $0.tensor.values.bits }, two.parameters.flatMap { $0.tensor.values.bits })
  }

  /// A learning rate of nought: every coefficient 0.
  @Test(arguments: DType.allCases)
  func nothingMovesNothing(_ dtype: DType) throws {
    let set = try set(dtype), before = set.parameters.flatMap { $0.tensor.values.bits }
    for nothing in [Move(), Move([Term(0, Direction(seed: 1)), Term(-0.0, Direction(seed: 2))])] {
      set.apply(nothing, threads: Threads(2))
      expectSame(set.parameters.flatMap { $0.tensor.values.bits }, before)
    }
  }

  /// Σ z² in the order of docs/noise.md, to the last bit of the double.
  @Test(arguments: NoiseLaw.allCases)
  func squaredNormHasOneOrder(_ law: NoiseLaw) throws {
    let set = try set(.float32), direction = Direction(seed: 6, law: law)
    var total = 0.0
    for parameter in set.trainable {
      let z = direction.elements(of: parameter.path, count: parameter.tensor.count)
      for start in stride(from: 0, to: z.count, by: 16384) {
        var sum = 0.0
        for element in z[start..<min(z.count, start + 16384)] { sum += Double(element) * Double(element) }
        total += sum
      }
    }
    for threads in [1, 2, 5] {
      let (sum, count) = set.squaredNorm(of: direction, threads: Threads(threads))
      #expect(sum == total && count == set.trainableCount)
    }
    let d = Double(set.trainableCount)
    #expect(abs(total - d) < 5 * (2 * d).squareRoot())
  }
}
