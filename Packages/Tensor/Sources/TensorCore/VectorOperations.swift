import CTensorKernels

extension UnsafeMutableBufferPointer where Element == Float {
  /// self[i] ← fma(coefficient, x[i], self[i]): exact, the operation of displacements and moves.
  @inline(__always)
  public func add(_ coefficient: Float, _ x: UnsafeBufferPointer<Float>) {
    precondition(count == x.count, "add: \(count) and \(x.count) elements")
    guard let base = baseAddress, let source = x.baseAddress else { return }
    zt_axpy(count, coefficient, source, base)
  }

  /// self[i] ← fma(coefficient, x[i], y[i])
  @inline(__always)
  public func set(_ coefficient: Float, _ x: UnsafeBufferPointer<Float>, plus y: UnsafeBufferPointer<Float>) {
    precondition(count == x.count && count == y.count, "set: \(count), \(x.count) and \(y.count) elements")
    guard let base = baseAddress, let x = x.baseAddress, let y = y.baseAddress else { return }
    zt_axpy_into(count, coefficient, x, y, base)
  }

  /// self[i] ← factor · self[i]
  @inline(__always)
  public func scale(by factor: Float) {
    guard let base = baseAddress else { return }
    zt_scale(count, factor, base)
  }
}

extension UnsafeBufferPointer where Element == Float {
  /// Σ self[i]², in double, in one order.
  @inline(__always)
  public var squaredNorm: Double {
    guard let base = baseAddress else { return 0 }
    return zt_squared_norm(count, base)
  }
}

extension Tensor {
  /// Writes elements from `start` with stochastic rounding: E[stored] = value. The words are those of the addressed
  /// noise at (`seed`, `pathHash`), word i for element i; `start` is a multiple of 4. `float32` is stored as it is.
  public func storeStochastically(_ values: UnsafeBufferPointer<Float>, at start: Int, seed: UInt64, pathHash: UInt64) {
    precondition(isWritable && start % 4 == 0, "storeStochastically at \(start), writable: \(isWritable)")
    precondition(start + values.count <= count, "storeStochastically \(start)..<\(start + values.count) of \(count)")
    guard dtype != .float32, let source = values.baseAddress else { return store(values, at: start) }
    let target = (storage.base + byteOffset + start * 2).assumingMemoryBound(to: UInt16.self)
    let wordCount = (values.count + 3) / 4 * 4
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: wordCount) { words in
      AddressedNoise.words(
        UnsafeMutableBufferPointer(rebasing: words[..<wordCount]), seed: seed, pathHash: pathHash,
        firstBlock: start / 4)
      if dtype == .float16 {
        zt_f16_from_f32_stochastic(values.count, source, words.baseAddress!, target)
      } else {
        zt_bf16_from_f32_stochastic(values.count, source, words.baseAddress!, target)
      }
    }
  }
}
