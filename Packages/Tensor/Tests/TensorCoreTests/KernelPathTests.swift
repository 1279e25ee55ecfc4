import TensorCore
import Testing

/// The portable kernels give the bits of the AVX2 ones: in noise, moves and number formats because the contract says
/// so, in the rows' operations because both are compiled from one source without contraction.
///
/// The switch is of the whole process. Other tests may run meanwhile; nothing they see changes, which is what is
/// tested here, and only this suite turns it.
@Suite(.serialized, .enabled(if: KernelPath.processorHasAVX2, "there is one path on this processor"))
struct KernelPathTests {
  private func expectSameBits<T: Equatable>(_ compute: () throws -> [T], _ what: String) rethrows {
    KernelPath.forcePortable(false)
    #expect(KernelPath.name == "avx2")
    let fast = try compute()
    KernelPath.forcePortable(true)
    defer { KernelPath.forcePortable(false) }
    #expect(KernelPath.name == "portable")
    let portable = try compute()
    let differences = zip(fast, portable).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
    #expect(differences.prefix(5) == [] && fast.count == portable.count && fast.count > 0, "\(what)")
  }

  @Test(arguments: NoiseLaw.allCases)
  func noiseIsTheSame(_ law: NoiseLaw) {
    for start in [0, 3, 77, (4 << 32) - 5000, (128 << 32) - 5000] {
      expectSameBits({ noise(law, seed: 0xfeed, path: "w", start: start, count: 40_001).bits }, "\(law) at \(start)")
      expectSameBits(
        {
          var values = [Float](repeating: 0.1, count: 4001)
          values.withUnsafeMutableBufferPointer {
            AddressedNoise.add(0.7, to: $0, law: law, seed: 0xfeed, pathHash: 3, start: start)
          }
          return values.bits
        }, "\(law) added at \(start)")
    }
  }

  @Test func wordsAreTheSame() {
    expectSameBits({ words(seed: 4, path: "w", firstBlock: (1 << 32) - 100, count: 4444) }, "words")
  }

  @Test(arguments: [UInt32(1 << 31), 12_345, .max]) func masksAreTheSame(_ threshold: UInt32) {
    for start in [0, 5, (8 << 32) - 5001] {
      expectSameBits(
        { mask(.addressed(seed: 1, threshold: threshold), path: "w", start: start, count: 60_003) },
        "\(threshold) at \(start)")
    }
    var dice = Dice(10)
    let old = dice.floats(4001), new = dice.floats(4001)
    expectSameBits(
      {
        var values = new
        values.withUnsafeMutableBufferPointer { values in
          old.withUnsafeBufferPointer { old in
            ElementMask.addressed(seed: 2, threshold: threshold)
              .withPiece(of: 3..<4004, pathHash: 1) { $0.restore(values, from: old) }
          }
        }
        return values.bits
      }, "restored")
  }

  @Test func movesAreTheSame() {
    var dice = Dice(6)
    let x = dice.floats(1003, in: -3...3), y = dice.floats(1003, in: -1e-3...1e-3)
    expectSameBits(
      {
        var z = y
        z.withUnsafeMutableBufferPointer { z in
          x.withUnsafeBufferPointer { z.add(0.3, $0) }
          z.scale(by: 1 - 1e-5)
          x.withUnsafeBufferPointer { x in y.withUnsafeBufferPointer { z.set(-1.7, x, plus: $0) } }
        }
        return z.bits
      }, "moves")
  }

  @Test(arguments: [false, true])
  func stepsOfAdamAreTheSame(_ isAMSGrad: Bool) {
    var dice = Dice(16)
    let count = 1003, gradient = dice.floats(count, in: -3...3),
      factors = AdamFactors(
        keepMean: 0.9, addMean: 0.1, keepSquare: 0.999, addSquare: 0.001, meanScale: 1.7, squareScale: 30, epsilon: 1e-8
      )
    let moments = dice.floats(count, in: -1...1) + dice.floats(2 * count, in: 0...1)
    expectSameBits(
      {
        var all = gradient + moments
        all.withUnsafeMutableBufferPointer { all in
          let parts = (0..<4).map { UnsafeMutableBufferPointer(rebasing: all[$0 * count..<($0 + 1) * count]) }
          factors.step(parts[0], mean: parts[1], square: parts[2], greatest: isAMSGrad ? parts[3] : nil)
        }
        return all.bits
      }, "Adam")
    expectSameBits({ [gradient.withUnsafeBufferPointer(\.squaredNorm)] }, "a sum of squares")
  }

  @Test func numberFormatsAreTheSame() throws {
    let all = (0...UInt16.max).map { $0 }
    let tensor = try Tensor(zeros: [all.count], dtype: .float16)
    all.withUnsafeBytes { tensor.storage.base.copyMemory(from: $0.baseAddress!, byteCount: 2 * all.count) }
    expectSameBits({ tensor.values.bits }, "f16 to f32")
    var dice = Dice(7)
    let patterns = (0..<200_003).map { _ in Float(bitPattern: UInt32.random(in: 0 ... .max, using: &dice)) }
    try expectSameBits({ try Tensor(patterns, shape: [patterns.count], dtype: .float16).halves }, "f32 to f16")
    let near = dice.floats(200_003, in: -1e-4...1e-4) + dice.floats(100_001, in: -70_000...70_000)
    try expectSameBits({ try Tensor(near, shape: [near.count], dtype: .float16).halves }, "f32 to f16, subnormals")
  }

  @Test(arguments: HeadAttentionTests.shapes)
  func attentionIsTheSame(_ shape: (Int, Int, Int)) {
    let inputs = HeadAttentionTests.Inputs(rows: shape.0, keys: shape.1, dimension: shape.2)
    expectSameBits({ inputs.attend({ _ in .all(0..<inputs.keys) }, block: 100).bits }, "attention \(shape)")
  }

  @Test func stochasticRoundingIsTheSame() throws {
    var dice = Dice(9)
    let patterns = (0..<50_003).map { _ in Float(bitPattern: UInt32.random(in: 0 ... .max, using: &dice)) }
    let near = dice.floats(50_001, in: -1e-4...1e-4)
    for dtype in [DType.float16, .bfloat16] {
      try expectSameBits(
        {
          let tensor = try Tensor(zeros: [patterns.count + near.count], dtype: dtype)
          (patterns + near).withUnsafeBufferPointer {
            tensor.storeStochastically($0, at: 0, seed: 3, pathHash: 4)
          }
          return tensor.halves
        }, "stochastic \(dtype)")
      try expectSameBits({ try Tensor(patterns, shape: [patterns.count], dtype: dtype).halves }, "\(dtype)")
    }
  }

  @Test func rowOperationsAreTheSame() {
    var dice = Dice(8)
    for n in [1, 7, 16, 33, 1000] {
      let x = dice.floats(n, in: -9...9), y = dice.floats(n, in: -9...9)
      for f in Activation.allCases {
        expectSameBits(
          { rowResult(n) { RowOperations.activate(f, count: n, gate: x, up: y, out: $0) } }, "\(f) \(n), gated")
        expectSameBits({ rowResult(n) { RowOperations.activate(f, count: n, x: x, out: $0) } }, "\(f) \(n)")
        expectSameBits(
          { rowResult(n) { GradientOperations.activation(f, count: n, x: x, gradient: y, out: $0) } },
          "slope of \(f) \(n)")
      }
      expectSameBits(
        {
          rowResult(n) {
            RowOperations.layerNorm(rows: 1, columns: n, x: x, weight: y, bias: x, epsilon: 1e-5, out: $0)
          }
        }, "layerNorm \(n)")
      expectSameBits(
        { rowResult(n) { RowOperations.rmsNorm(rows: 1, columns: n, x: x, weight: y, epsilon: 1e-6, out: $0) } },
        "rmsNorm \(n)")
      expectSameBits(
        {
          rowResult(2 * n) {
            GradientOperations.rmsNorm(
              rows: 1, columns: n, x: x, weight: y, gradient: y, epsilon: 1e-6, normed: $0, dx: $0 + n)
          }
            + rowResult(2 * n) {
              GradientOperations.layerNorm(
                rows: 1, columns: n, x: x, weight: y, gradient: y, epsilon: 1e-6, normed: $0, dx: $0 + n)
            }
        }, "slopes of norms \(n)")
      expectSameBits(
        {
          var p = x
          GradientOperations.softmax(count: n, factor: 0.3, p: y, slopes: &p)
          GradientOperations.scaledExponential(count: n, factor: 0.7, shift: 9, x: &p)
          GradientOperations.multiplyAdd(count: n, x, y, out: &p)
          let sum = GradientOperations.exponentialDot(count: n, shift: 9, x: x, y)
          return p.bits + [UInt32(truncatingIfNeeded: sum.bitPattern), UInt32(sum.bitPattern >> 32)]
        }, "slopes of rows \(n)")
      expectSameBits(
        {
          var p = x
          let sum = RowOperations.softmaxNumerators(count: n, scale: 0.3, x: &p)
          let parts = RowOperations.logSumExpParts(count: n, x: y)
          return p.bits + [sum.bitPattern, parts.max.bitPattern, UInt32(truncatingIfNeeded: parts.sum.bitPattern)]
        }, "exponentials \(n)")
      expectSameBits(
        {
          var turned = x + y
          RowOperations.rotary(heads: 1, dimension: 2 * n, cosines: x, sines: y, x: &turned)
          return turned.bits
        }, "rotary \(n)")
    }
  }
}

/// What `body` writes into `count` elements.
func rowResult(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) -> [UInt32] {
  rowValues(count, body).bits
}

/// What `body` writes into `count` elements, which are NaN before.
func rowValues(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
  var out = [Float](repeating: .nan, count: count)
  out.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
  return out
}
