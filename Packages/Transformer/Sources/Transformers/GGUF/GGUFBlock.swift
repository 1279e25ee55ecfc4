/// A quantisation of the GGUF format: elements in blocks of one size, each decoded by itself.
///
/// Every product and sum is one rounded float32 operation, in the order in which the `gguf` package's
/// `quants.dequantize` does them, so that both give the same bits. To add one: a type that conforms, and its line in
/// `GGUFTensorType.all`.
protocol GGUFBlock: SendableMetatype {
  static var elementCount: Int { get }
  static var byteCount: Int { get }
  /// Writes the `elementCount` elements of the block at `bytes`.
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>)
}

extension UnsafeRawPointer {
  /// The little-endian half-precision number at `offset`.
  @inline(__always)
  func half(at offset: Int) -> Float {
    Float(Float16(bitPattern: UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))))
  }

  @inline(__always)
  func byte(at offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }
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

/// 32 five-bit numbers under one scale: x = d · (q − 16). The fifth bits stand in a word of 32, before the nibbles.
enum Q5_0: GGUFBlock {
  static let elementCount = 32
  static let byteCount = 22

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let scale = bytes.half(at: 0)
    let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
    for i in 0..<16 {
      let nibbles = UInt32(bytes.byte(at: 6 + i))
      out[i] = scale * Float(Int32(nibbles & 15 | (high >> i & 1) << 4) - 16)
      out[i + 16] = scale * Float(Int32(nibbles >> 4 | (high >> (i + 16) & 1) << 4) - 16)
    }
  }
}

/// 32 five-bit numbers under a scale and a minimum: x = d · q + m. The fifth bits stand in a word of 32, before the
/// nibbles.
enum Q5_1: GGUFBlock {
  static let elementCount = 32
  static let byteCount = 24

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let scale = bytes.half(at: 0), minimum = bytes.half(at: 2)
    let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    for i in 0..<16 {
      let nibbles = UInt32(bytes.byte(at: 8 + i))
      out[i] = scale * Float(nibbles & 15 | (high >> i & 1) << 4) + minimum
      out[i + 16] = scale * Float(nibbles >> 4 | (high >> (i + 16) & 1) << 4) + minimum
    }
  }
}

/// The 16 levels of the non-linear four-bit types.
@inline(__always)
private func nonLinearLevel(_ nibble: UInt8) -> Float {
  // Two words of eight signed bytes, lowest first: −127 −104 −83 −65 −49 −35 −22 −10, 1 13 25 38 53 69 89 113.
  let word: UInt64 = nibble < 8 ? 0xf6ea_ddcf_bfad_9881 : 0x7159_4535_2619_0d01
  return Float(Int8(truncatingIfNeeded: word >> (UInt64(nibble & 7) * 8)))
}

/// 32 four-bit indices into a table of levels, under one scale: x = d · level(q). Low nibbles are the first half.
enum IQ4_NL: GGUFBlock {
  static let elementCount = 32
  static let byteCount = 18

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let scale = bytes.half(at: 0)
    for i in 0..<16 {
      let nibbles = bytes.byte(at: 2 + i)
      out[i] = scale * nonLinearLevel(nibbles & 15)
      out[i + 16] = scale * nonLinearLevel(nibbles >> 4)
    }
  }
}

/// Eight groups of `IQ4_NL`'s 32 indices, each under a six-bit scale: x = d · (s − 32) · level(q). The low four bits
/// of the scales are nibbles, the high two a word of 16 bits.
enum IQ4_XS: GGUFBlock {
  static let elementCount = 256
  static let byteCount = 136

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let d = bytes.half(at: 0)
    let high = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    for group in 0..<8 {
      let low = bytes.byte(at: 4 + group / 2) >> UInt8(4 * (group & 1)) & 15
      let scale = d * Float(Int32(low) + Int32(high >> UInt16(2 * group) & 3) * 16 - 32)
      let to = out + group * 32
      for i in 0..<16 {
        let nibbles = bytes.byte(at: 8 + group * 16 + i)
        to[i] = scale * nonLinearLevel(nibbles & 15)
        to[i + 16] = scale * nonLinearLevel(nibbles >> 4)
      }
    }
  }
}
