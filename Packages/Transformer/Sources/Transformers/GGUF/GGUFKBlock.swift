// The "K" quantisations: 256 elements under half-precision scales of the block and integer scales of its groups.

/// 16 groups of 16 two-bit numbers: x = (d · s) · q − (d_min · m), with four bits each for s and m.
enum Q2_K: GGUFBlock {
  static let elementCount = 256
  static let byteCount = 84

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let d = bytes.half(at: 80), minimum = bytes.half(at: 82)
    for group in 0..<16 {
      let packed = bytes.byte(at: group)
      let scale = d * Float(packed & 15), least = minimum * Float(packed >> 4)
      // 32 bytes hold 128 elements: every pair of groups has one pair of bits of each.
      let from = bytes + 16 + group / 8 * 32 + (group & 1) * 16, shift = UInt8(group / 2 & 3) * 2
      for i in 0..<16 { out[group * 16 + i] = scale * Float(from.byte(at: i) >> shift & 3) - least }
    }
  }
}

/// 16 groups of 16 three-bit numbers: x = (d · (s − 32)) · (q − 4), with six bits for s. Third bits stand in 32 bytes
/// before the pairs of low bits.
enum Q3_K: GGUFBlock {
  static let elementCount = 256
  static let byteCount = 110

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let d = bytes.half(at: 108), scales = bytes + 96
    for group in 0..<16 {
      let low = scales.byte(at: group & 7) >> UInt8(group / 8 * 4) & 15
      let high = scales.byte(at: 8 + (group & 3)) >> UInt8(group / 4 * 2) & 3
      let scale = d * Float(Int32(low | high << 4) - 32)
      let odd = (group & 1) * 16, shift = UInt8(group / 2 & 3) * 2
      let from = bytes + 32 + group / 8 * 32 + odd
      for i in 0..<16 {
        let top = bytes.byte(at: odd + i) >> UInt8(group / 2) & 1
        out[group * 16 + i] = scale * Float(Int32(from.byte(at: i) >> shift & 3 | top << 2) - 4)
      }
    }
  }
}

/// The six-bit scale and minimum of group `group` of 8, as `Q4_K` and `Q5_K` pack them in twelve bytes.
@inline(__always)
private func scaleAndMinimum(_ bytes: UnsafeRawPointer, _ group: Int) -> (Float, Float) {
  if group < 4 { return (Float(bytes.byte(at: group) & 63), Float(bytes.byte(at: group + 4) & 63)) }
  let low = bytes.byte(at: group + 4), scaleTop = bytes.byte(at: group - 4) >> 6,
    minimumTop = bytes.byte(at: group) >> 6
  return (Float(low & 15 | scaleTop << 4), Float(low >> 4 | minimumTop << 4))
}

/// 8 groups of 32 four-bit numbers: x = (d · s) · q − (d_min · m), with six bits each for s and m.
enum Q4_K: GGUFBlock {
  static let elementCount = 256
  static let byteCount = 144

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let d = bytes.half(at: 0), minimum = bytes.half(at: 2)
    for group in 0..<8 {
      let (s, m) = scaleAndMinimum(bytes + 4, group)
      let scale = d * s, least = minimum * m
      let from = bytes + 16 + group / 2 * 32, shift = UInt8(group & 1) * 4
      for i in 0..<32 { out[group * 32 + i] = scale * Float(from.byte(at: i) >> shift & 15) - least }
    }
  }
}

/// `Q4_K` with a fifth bit for every number, in 32 bytes before the nibbles.
enum Q5_K: GGUFBlock {
  static let elementCount = 256
  static let byteCount = 176

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let d = bytes.half(at: 0), minimum = bytes.half(at: 2)
    for group in 0..<8 {
      let (s, m) = scaleAndMinimum(bytes + 4, group)
      let scale = d * s, least = minimum * m
      let from = bytes + 48 + group / 2 * 32, shift = UInt8(group & 1) * 4
      for i in 0..<32 {
        let top = bytes.byte(at: 16 + i) >> UInt8(group) & 1
        out[group * 32 + i] = scale * Float(from.byte(at: i) >> shift & 15 | top << 4) - least
      }
    }
  }
}

/// 16 groups of 16 six-bit numbers: x = (d · s) · (q − 32), with a signed byte for s.
enum Q6_K: GGUFBlock {
  static let elementCount = 256
  static let byteCount = 210

  @inline(__always)
  static func decode(_ bytes: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>) {
    let d = bytes.half(at: 208)
    for group in 0..<16 {
      let scale = d * Float(Int8(bitPattern: bytes.byte(at: 192 + group)))
      // Halves of 128 elements: 64 bytes of nibbles and 32 of pairs of bits each.
      let half = group / 8, quarter = group / 2 & 3, odd = (group & 1) * 16
      let low = bytes + half * 64 + (quarter & 1) * 32 + odd, high = bytes + 128 + half * 32 + odd
      let lowShift = UInt8(quarter / 2) * 4, highShift = UInt8(quarter) * 2
      for i in 0..<16 {
        let q = low.byte(at: i) >> lowShift & 15 | (high.byte(at: i) >> highShift & 3) << 4
        out[group * 16 + i] = scale * Float(Int32(q) - 32)
      }
    }
  }
}
