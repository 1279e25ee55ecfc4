import TensorCore

/// A kernel that goes over memory, as the evaluator uses it: in place where the evaluator works in place.
struct MemoryKernel: Sendable {
  let name: String
  /// Read and written for each element; weights of a row count nothing beside the rows.
  let bytes: Double
  /// One pass over a slice.
  let run: @Sendable (KernelSlice) -> Void

  init(_ name: String, bytes: Double, _ run: @escaping @Sendable (KernelSlice) -> Void) {
    self.name = name
    self.bytes = bytes
    self.run = run
  }

  static let all = rows + activations + formats + noise

  private static let columns = KernelBench.columns
  private static let heads = 12
  /// One angle for all: turning again and again leaves the length as it is.
  private static let cosines = [Float](repeating: 0.6, count: columns / heads / 2)
  private static let sines = [Float](repeating: 0.8, count: columns / heads / 2)

  private static let rows = [
    MemoryKernel("gather rows", bytes: 8) { m in
      // The rows in another order, as tokens come.
      let rows = m.count / columns
      for row in 0..<rows {
        (m.out + row * columns).update(from: m.x + row &* 7919 % rows * columns, count: columns)
      }
    },
    MemoryKernel("rms norm", bytes: 8) {
      RowOperations.rmsNorm(
        rows: $0.count / columns, columns: columns, x: $0.x, weight: $0.y, epsilon: 1e-5, out: $0.out)
    },
    MemoryKernel("layer norm", bytes: 8) {
      RowOperations.layerNorm(
        rows: $0.count / columns, columns: columns, x: $0.x, weight: $0.y, bias: $0.y, epsilon: 1e-5, out: $0.out)
    },
    MemoryKernel("add", bytes: 12) { RowOperations.add(count: $0.count, $0.out, $0.x, out: $0.out) },
    MemoryKernel("add scaled", bytes: 12) {
      RowOperations.add(count: $0.count, $0.out, scale: 1e-3, $0.x, out: $0.out)
    },
    MemoryKernel("scale", bytes: 8) { RowOperations.scale(count: $0.count, by: 1, x: $0.x) },
    MemoryKernel("bias", bytes: 8) {
      RowOperations.addBias(rows: $0.count / columns, columns: columns, stride: columns, bias: $0.y, to: $0.out)
    },
    MemoryKernel("rotary", bytes: 8) {
      for row in 0..<$0.count / columns {
        RowOperations.rotary(
          heads: heads, dimension: columns / heads, cosines: cosines, sines: sines, x: $0.out + row * columns)
      }
    },
    MemoryKernel("softmax", bytes: 8) {
      for row in 0..<$0.count / columns {
        let line = $0.out + row * columns
        RowOperations.scale(
          count: columns, by: 1 / RowOperations.softmaxNumerators(count: columns, scale: 1, x: line), x: line)
      }
    },
    MemoryKernel("log sum exp", bytes: 4) {
      for row in 0..<$0.count / columns {
        $0.out[row] = RowOperations.logSumExpParts(count: columns, x: $0.x + row * columns).max
      }
    },
  ]

  /// Out of place: a function applied again and again to its own result would end where it is cheap.
  private static let activations = Activation.allCases.flatMap { activation in
    [
      MemoryKernel(activation.rawValue, bytes: 8) {
        RowOperations.activate(activation, count: $0.count, x: $0.x, out: $0.out)
      },
      MemoryKernel(activation.rawValue + ", gated", bytes: 12) {
        RowOperations.activate(activation, count: $0.count, gate: $0.x, up: $0.y, out: $0.out)
      },
    ]
  }

  private static let formats = [DType.float16, .bfloat16].flatMap { dtype in
    [
      MemoryKernel("\(dtype.name) to float32", bytes: 6) {
        $0.tensor(dtype).load(from: $0.start, into: UnsafeMutableBufferPointer(start: $0.out, count: $0.count))
      },
      MemoryKernel("float32 to \(dtype.name)", bytes: 6) {
        $0.tensor(dtype).store(UnsafeBufferPointer(start: $0.x, count: $0.count), at: $0.start)
      },
      MemoryKernel("float32 to \(dtype.name), stochastic", bytes: 6) {
        $0.tensor(dtype).storeStochastically(
          UnsafeBufferPointer(start: $0.x, count: $0.count), at: $0.start, seed: 1, pathHash: 2)
      },
    ]
  }

  private static let noise = NoiseLaw.allCases.map { law in
    MemoryKernel("noise, \(law.rawValue)", bytes: 4) {
      AddressedNoise.fill(
        UnsafeMutableBufferPointer(start: $0.out, count: $0.count), law: law, seed: 1, pathHash: 2, start: $0.start)
    }
  }
}

extension KernelSlice {
  fileprivate func tensor(_ dtype: DType) -> Tensor { dtype == .float16 ? float16 : bfloat16 }
}
