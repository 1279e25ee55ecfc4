import CTensorKernels

/// Which elements of a parameter take part in something: a pure function of the element, so that pieces of any size
/// on any thread agree. docs/noise.md defines the addressed one to the bit.
public enum ElementMask: Sendable {
  case all
  /// Element i takes part iff its number at (`seed`, path hash), uniform in 0 ..< 2³², is below `threshold`: a share
  /// of threshold / 2³² of the elements, at about a third of the cost of a gaussian element.
  case addressed(seed: UInt64, threshold: UInt32)
  /// A bit an element.
  case stored(ElementBits)

  /// The addressed mask that an element passes with probability `density`, to 2⁻³²; nil where that is none.
  public static func random(seed: UInt64, density: Double) -> ElementMask? {
    precondition(density >= 0 && density <= 1, "ElementMask: density \(density)")
    let threshold = (density * 0x1p32).rounded()
    if threshold == 0 { return nil }
    return threshold < 0x1p32 ? .addressed(seed: seed, threshold: UInt32(threshold)) : .all
  }

  /// Calls `body` with the mask of `elements`.
  @inline(__always)
  public func withPiece<Result>(
    of elements: Range<Int>, pathHash: UInt64, _ body: (Piece) -> Result
  ) -> Result {
    switch self {
    case .all: return body(Piece(bits: nil, first: 0, count: elements.count))
    case .stored(let bits):
      precondition(elements.upperBound <= bits.count, "ElementMask: elements \(elements) of \(bits.count)")
      return body(Piece(bits: bits.bytes, first: elements.lowerBound, count: elements.count))
    case .addressed(let seed, let threshold):
      let bytes = elements.lowerBound / 8..<(elements.upperBound + 7) / 8
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(1, bytes.count)) { bits in
        let base = bits.baseAddress!
        zt_mask_bits(seed, pathHash, UInt64(threshold), UInt64(bytes.lowerBound), bytes.count, base)
        return body(Piece(bits: base, first: elements.lowerBound % 8, count: elements.count))
      }
    }
  }

  /// Sets to 0 what of elements `start ..< start + values.count` takes no part.
  public func clear(_ values: UnsafeMutableBufferPointer<Float>, pathHash: UInt64, start: Int) {
    withPiece(of: start..<start + values.count, pathHash: pathHash) { $0.clear(values) }
  }

  /// How many of `elements` take part.
  public func count(of elements: Range<Int>, pathHash: UInt64) -> Int {
    withPiece(of: elements, pathHash: pathHash, \.includedCount)
  }

  /// The mask of a stretch of elements, as long as whoever gave it says.
  public struct Piece {
    /// nil: all take part.
    let bits: UnsafePointer<UInt8>?
    /// The bit of the stretch's first element.
    let first: Int
    let count: Int

    public var includesAll: Bool { bits == nil }
    public var includedCount: Int { bits.map { zt_mask_count(count, $0, first) } ?? count }

    /// Sets to 0 what takes no part.
    public func clear(_ values: UnsafeMutableBufferPointer<Float>) {
      precondition(values.count == count, "clear: \(values.count) elements by a mask of \(count)")
      guard let bits, let base = values.baseAddress else { return }
      zt_mask_clear(count, bits, first, base)
    }

    /// Gives back to what takes no part its value among `old`.
    public func restore(_ values: UnsafeMutableBufferPointer<Float>, from old: UnsafeBufferPointer<Float>) {
      precondition(
        values.count == count && old.count == count,
        "restore: \(values.count) elements from \(old.count) by a mask of \(count)")
      guard let bits, let base = values.baseAddress, let source = old.baseAddress else { return }
      zt_mask_restore(count, bits, first, source, base)
    }
  }
}

/// A bit for each element of a parameter.
public final class ElementBits: Sendable {
  public let count: Int
  private let storage: Storage

  /// The elements of `tensor` that `takesPart` says yes to, given their values in `float32` and their numbers.
  ///
  /// - Cost: one pass over the tensor; an eighth of a byte an element is kept.
  /// - Throws: `TensorError.outOfMemory`.
  public init(of tensor: Tensor, threads: Threads, where takesPart: (_ value: Float, _ element: Int) -> Bool) throws {
    count = tensor.count
    storage = try Storage.owned(byteCount: (count + 7) / 8)
    nonisolated(unsafe) let bytes = storage.base.assumingMemoryBound(to: UInt8.self)
    // Whole bytes in every piece.
    threads.forEachRange(of: count, piece: 1 << 13) { range, _ in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { values in
        tensor.load(from: range.lowerBound, into: values)
        for (i, value) in values.enumerated() where takesPart(value, range.lowerBound + i) {
          bytes[(range.lowerBound + i) / 8] |= 1 << UInt8(i % 8)
        }
      }
    }
  }

  public var byteCount: Int { storage.byteCount }

  var bytes: UnsafePointer<UInt8> { UnsafePointer(storage.base.assumingMemoryBound(to: UInt8.self)) }
}
