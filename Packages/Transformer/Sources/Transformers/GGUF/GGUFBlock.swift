/// A quantisation of the GGUF format: elements in blocks of one size, each decoded by itself.
///
/// To add one: a type that conforms, and its line in `GGUFTensorType.all`.
protocol GGUFBlock: SendableMetatype {
  static var elementCount: Int { get }
  static var byteCount: Int { get }
  /// Writes the `elementCount` elements of the block at `bytes`.
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>)
}

extension UnsafeRawPointer {
  @inline(__always)
  fileprivate func half(at offset: Int) -> Float {
    Float(Float16(bitPattern: UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))))
  }
}

/// 32 signed bytes under one scale: x = d · q.
enum Q8_0: GGUFBlock {
  static let elementCount = 32
  static let byteCount = 34

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let scale = bytes.half(at: 0)
    let quants = (bytes + 2).assumingMemoryBound(to: Int8.self)
    for i in 0..<32 { out[i] = scale * Float(quants[i]) }
  }
}

/// 32 four-bit numbers under one scale: x = d · (q − 8). Low nibbles are the first half of the block.
enum Q4_0: GGUFBlock {
  static let elementCount = 32
  static let byteCount = 18

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let scale = bytes.half(at: 0)
    let quants = (bytes + 2).assumingMemoryBound(to: UInt8.self)
    for i in 0..<16 {
      out[i] = scale * Float(Int32(quants[i] & 15) - 8)
      out[i + 16] = scale * Float(Int32(quants[i] >> 4) - 8)
    }
  }
}

/// 32 four-bit numbers under a scale and a minimum: x = d · q + m. Low nibbles are the first half of the block.
enum Q4_1: GGUFBlock {
  static let elementCount = 32
  static let byteCount = 20

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let scale = bytes.half(at: 0), minimum = bytes.half(at: 2)
    let quants = (bytes + 4).assumingMemoryBound(to: UInt8.self)
    for i in 0..<16 {
      out[i] = scale * Float(quants[i] & 15) + minimum
      out[i + 16] = scale * Float(quants[i] >> 4) + minimum
    }
  }
}
