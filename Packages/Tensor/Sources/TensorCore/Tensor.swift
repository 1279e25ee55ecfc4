import CTensorKernels

/// A dense row-major array of `float32`, `float16` or `bfloat16`: shape and dtype over shared storage.
///
/// Copying a `Tensor` copies the view, not the numbers; `copy(as:)` makes new ones. Storage that is mapped from a
/// file is read-only.
public struct Tensor: Sendable {
  public let storage: Storage
  /// Bytes from the start of `storage` to the first element; a multiple of the element's size.
  public let byteOffset: Int
  /// Lengths of the axes, outermost first. `[]` is one number.
  public let shape: [Int]
  public let dtype: DType

  /// A view of `storage`.
  ///
  /// - Throws: `TensorError.outOfBounds` where the elements do not lie within the storage, or not at a multiple of
  ///   their size.
  public init(storage: Storage, byteOffset: Int, shape: [Int], dtype: DType) throws {
    guard let count = Tensor.elementCount(of: shape) else {
      throw TensorError(.outOfBounds, "shape \(shape) has a negative length or more elements than memory can hold")
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
    guard !overflow, byteOffset >= 0, bytes <= storage.byteCount, byteOffset <= storage.byteCount - bytes else {
      throw TensorError(
        .outOfBounds, "\(dtype.name) \(shape) at byte \(byteOffset) does not fit in \(storage.byteCount) bytes")
    }
    guard byteOffset % dtype.byteCount == 0 else {
      throw TensorError(.outOfBounds, "\(dtype.name) elements at odd byte \(byteOffset)")
    }
    self.storage = storage
    self.byteOffset = byteOffset
    self.shape = shape
    self.dtype = dtype
  }

  /// Zeros in new memory.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public init(zeros shape: [Int], dtype: DType = .float32) throws {
    guard let count = Tensor.elementCount(of: shape) else {
      throw TensorError(.outOfMemory, "shape \(shape) has a negative length or more elements than memory can hold")
    }
    try self.init(
      storage: .owned(byteCount: count * dtype.byteCount), byteOffset: 0, shape: shape, dtype: dtype)
  }

  /// New memory with these values, rounded to nearest.
  public init(_ values: [Float], shape: [Int], dtype: DType = .float32) throws {
    try self.init(zeros: shape, dtype: dtype)
    precondition(values.count == count, "Tensor: \(values.count) values for shape \(shape)")
    values.withUnsafeBufferPointer { store($0, at: 0) }
  }

  /// Product of the lengths, or nil where one is negative or the product overflows.
  public static func elementCount(of shape: [Int]) -> Int? {
    var count = 1
    for length in shape {
      guard length >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product <= Int.max / 8 else { return nil }
      count = product
    }
    return count
  }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  public var byteCount: Int { count * dtype.byteCount }
  public var isWritable: Bool { storage.isWritable }
  /// Length of the first axis; a number is one row.
  public var rowCount: Int { shape.first ?? 1 }
  /// Elements of one step along the first axis.
  public var rowLength: Int { shape.dropFirst().reduce(1, *) }

  /// The first element's address.
  public var bytes: UnsafeRawPointer { UnsafeRawPointer(storage.base + byteOffset) }

  /// The elements in place, for `float32`.
  public var floats: UnsafeBufferPointer<Float> {
    precondition(dtype == .float32, "Tensor.floats: the elements are \(dtype.name)")
    return UnsafeBufferPointer(start: bytes.assumingMemoryBound(to: Float.self), count: count)
  }

  /// The elements in place, for writable `float32`.
  public var mutableFloats: UnsafeMutableBufferPointer<Float> {
    precondition(dtype == .float32 && isWritable, "Tensor.mutableFloats: \(dtype.name), writable: \(isWritable)")
    return UnsafeMutableBufferPointer(
      start: (storage.base + byteOffset).assumingMemoryBound(to: Float.self), count: count)
  }

  /// The same elements in another shape.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(Tensor.elementCount(of: shape) == count, "reshaped: \(self.shape) has \(count) elements, not \(shape)")
    // The range was checked when this view was made.
    return try! Tensor(storage: storage, byteOffset: byteOffset, shape: shape, dtype: dtype)
  }

  /// Rows `range` along the first axis, without copying.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(
      !shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0], "rows \(range) of shape \(shape)")
    return try! Tensor(
      storage: storage, byteOffset: byteOffset + range.lowerBound * rowLength * dtype.byteCount,
      shape: [range.count] + shape.dropFirst(), dtype: dtype)
  }

  /// Reads elements `start ..< start + out.count` as `Float`; exact.
  public func load(from start: Int, into out: UnsafeMutableBufferPointer<Float>) {
    precondition(start >= 0 && start + out.count <= count, "load \(start)..<\(start + out.count) of \(count) elements")
    guard let target = out.baseAddress else { return }
    let source = bytes + start * dtype.byteCount
    switch dtype {
    case .float32: target.update(from: source.assumingMemoryBound(to: Float.self), count: out.count)
    case .float16: zt_f32_from_f16(out.count, source.assumingMemoryBound(to: UInt16.self), target)
    case .bfloat16: zt_f32_from_bf16(out.count, source.assumingMemoryBound(to: UInt16.self), target)
    }
  }

  /// Writes elements from `start`, rounding to nearest even where the dtype is narrower.
  public func store(_ values: UnsafeBufferPointer<Float>, at start: Int) {
    precondition(isWritable, "store: this tensor is mapped read-only")
    precondition(start >= 0 && start + values.count <= count, "store \(start)..<\(start + values.count) of \(count)")
    guard let source = values.baseAddress else { return }
    let target = storage.base + byteOffset + start * dtype.byteCount
    switch dtype {
    case .float32: target.assumingMemoryBound(to: Float.self).update(from: source, count: values.count)
    case .float16: zt_f16_from_f32(values.count, source, target.assumingMemoryBound(to: UInt16.self))
    case .bfloat16: zt_bf16_from_f32(values.count, source, target.assumingMemoryBound(to: UInt16.self))
    }
  }

  /// All elements as `Float`, in order. For small tensors and tests.
  public var values: [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      load(from: 0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  /// The same numbers in new writable memory. Goes through pieces of 1 MiB and lets mapped pages go behind itself, so
  /// that copying a model never holds it twice.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public func copy(as dtype: DType? = nil) throws -> Tensor {
    let result = try Tensor(zeros: shape, dtype: dtype ?? self.dtype)
    let piece = 1 << 18
    withUnsafeTemporaryAllocation(of: Float.self, capacity: min(piece, max(1, count))) { scratch in
      for start in stride(from: 0, to: count, by: piece) {
        let part = UnsafeMutableBufferPointer(rebasing: scratch[..<min(piece, count - start)])
        load(from: start, into: part)
        result.store(UnsafeBufferPointer(part), at: start)
        let first = byteOffset + start * self.dtype.byteCount
        storage.forgetPages(first..<first + part.count * self.dtype.byteCount)
      }
    }
    return result
  }
}
