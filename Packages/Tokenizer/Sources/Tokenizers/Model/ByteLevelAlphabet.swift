/// GPT-2's printable alphabet: each of the 256 bytes as one Unicode scalar.
///
/// Printable bytes of Latin-1 stand for themselves; the other 68 become U+0100, U+0101, ... in order, so that a
/// vocabulary of bytes can be written as text ("Ġ" is the space).
enum ByteLevelAlphabet {
  /// The scalar for each byte; all are below U+0800 and take one or two bytes of UTF-8.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt16 = 0x100
    return (0...255).map { (byte: UInt8) in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? Unicode.Scalar(byte)
    }
  }()

  /// The byte for each scalar value below 324; -1 where none maps to it.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 324)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar.value)] = Int16(byte) }
    return table
  }()

  private static let spellings = scalars.map { Array(String(Character($0)).utf8) }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
  }

  @inline(__always)
  static func byte(for scalar: UInt32) -> UInt8? {
    guard scalar < UInt32(bytes.count), bytes[Int(scalar)] >= 0 else { return nil }
    return UInt8(bytes[Int(scalar)])
  }

  /// The bytes that a token's text stands for; the text's own UTF-8 where it holds a scalar outside the alphabet.
  static func decode(_ token: ArraySlice<UInt8>, into output: inout [UInt8]) {
    let start = output.count
    token.withUnsafeBufferPointer { token in
      var i = 0
      while i < token.count {
        let (scalar, length) = token.scalar(at: i)
        guard let byte = byte(for: scalar) else {
          output.removeSubrange(start...)
          output.append(contentsOf: token)
          return
        }
        output.append(byte)
        i += length
      }
    }
  }

  /// Appends `bytes` written in the alphabet.
  static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
    for byte in bytes { output.append(contentsOf: spellings[Int(byte)]) }
  }
}
