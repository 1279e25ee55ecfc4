import Foundation
import TensorCore
import Testing

/// The value of a 16-bit pattern by the format's definition: (−1)ˢ 2^(e − bias) (1 + m / 2^bits).
private func definedValue(_ pattern: Int, mantissaBits: Int, bias: Int) -> Double {
  let exponentMask = (1 << (15 - mantissaBits)) - 1, mantissaMask = (1 << mantissaBits) - 1
  let exponent = (pattern >> mantissaBits) & exponentMask, mantissa = pattern & mantissaMask
  let sign = pattern < 0x8000 ? 1.0 : -1.0
  if exponent == exponentMask { return mantissa == 0 ? sign * .infinity : .nan }
  let fraction = Double(mantissa) / Double(1 << mantissaBits)
  return exponent == 0
    ? sign * fraction * exp2(Double(1 - bias)) : sign * (1 + fraction) * exp2(Double(exponent - bias))
}

private let float16Values = (0...0xffff).map { definedValue($0, mantissaBits: 10, bias: 15) }
private let bfloat16Values = (0...0xffff).map { definedValue($0, mantissaBits: 7, bias: 127) }

private func value(of pattern: UInt16, _ dtype: DType) -> Double {
  dtype == .float16 ? float16Values[Int(pattern)] : bfloat16Values[Int(pattern)]
}

/// The pattern of the largest magnitude not above `magnitude`'s, which is not negative.
private func floorPattern(_ magnitude: Double, _ dtype: DType) -> UInt16 {
  var low: UInt16 = 0, high = greatestFinite(dtype)
  while low < high {
    let middle = low + (high - low + 1) / 2
    if value(of: middle, dtype) <= magnitude { low = middle } else { high = middle - 1 }
  }
  return low
}

private func greatestFinite(_ dtype: DType) -> UInt16 { dtype == .float16 ? 0x7bff : 0x7f7f }

/// Round to nearest, ties to even, by comparing with both neighbours. Above the greatest finite number the next step
/// of the same size stands for infinity.
private func nearestPattern(_ number: Float, _ dtype: DType) -> UInt16 {
  let sign: UInt16 = number.sign == .minus ? 0x8000 : 0, magnitude = abs(Double(number))
  let low = floorPattern(magnitude, dtype), below = value(of: low, dtype)
  let above =
    low == greatestFinite(dtype) ? below + (below - value(of: low - 1, dtype)) : value(of: low + 1, dtype)
  let up = magnitude - below == above - magnitude ? low % 2 == 1 : magnitude - below > above - magnitude
  return sign | (up ? low + 1 : low)
}

private func patterns(_ values: [Float], _ dtype: DType) throws -> [UInt16] {
  try Tensor(values, shape: [values.count], dtype: dtype).halves
}

@Suite struct NumberFormatTests {
  @Test(arguments: [DType.float16, .bfloat16])
  func everyPatternGoesToFloatAndBack(_ dtype: DType) throws {
    let all = (0...UInt16.max).map { $0 }
    let tensor = try Tensor(zeros: [all.count], dtype: dtype)
    all.withUnsafeBytes { tensor.storage.base.copyMemory(from: $0.baseAddress!, byteCount: 2 * all.count) }
    let floats = tensor.values
    let wrong = all.filter {
      let expected = value(of: $0, dtype), got = floats[Int($0)]
      let same = expected.isNaN ? got.isNaN : Double(got) == expected && (got.sign == .minus) == ($0 >= 0x8000)
      return !same
    }
    #expect(wrong.prefix(5) == [], "to float")
    let back = try patterns(floats, dtype)
    let changed = all.filter {
      if value(of: $0, dtype).isNaN { return !value(of: back[Int($0)], dtype).isNaN }
      return back[Int($0)] != $0
    }
    #expect(changed.prefix(5) == [], "and back")
  }

  @Test(arguments: [DType.float16, .bfloat16])
  func roundsToNearestEven(_ dtype: DType) throws {
    var dice = Dice(21)
    var inputs: [Float] = []
    // Midpoints of neighbours, and the floats on either side of them.
    for _ in 0..<20_000 {
      let low = UInt16.random(in: 0..<greatestFinite(dtype), using: &dice)
      let middle = Float((value(of: low, dtype) + value(of: low + 1, dtype)) / 2)
      inputs += [middle, middle.nextUp, middle.nextDown, -middle]
    }
    // Any finite pattern, and the sizes that weights have.
    inputs += (0..<20_000).map { _ in Float(bitPattern: UInt32.random(in: 0..<0xff80_0000, using: &dice)) }
    inputs += dice.floats(20_000, in: -1e-4...1e-4) + dice.floats(20_000)
    inputs = inputs.filter(\.isFinite)
    inputs += [65504, 65519.996, 65520, 65536, 3.3895314e38, 3.3961775e38, .greatestFiniteMagnitude, 0, -0.0]
    let rounded = try patterns(inputs, dtype)
    let wrong = inputs.indices.filter { rounded[$0] != nearestPattern(inputs[$0], dtype) }.map { inputs[$0] }
    #expect(wrong.prefix(5) == [])
  }

  @Test(arguments: [DType.float16, .bfloat16])
  func infinityAndNaNPass(_ dtype: DType) throws {
    let special: [Float] = [.infinity, -.infinity, .nan, -.nan, Float(bitPattern: 0x7f80_0001)]
    let infinity: UInt16 = dtype == .float16 ? 0x7c00 : 0x7f80
    let stochastic = try Tensor(zeros: [special.count], dtype: dtype)
    special.withUnsafeBufferPointer { stochastic.storeStochastically($0, at: 0, seed: 1, pathHash: 2) }
    for bits in [try patterns(special, dtype), stochastic.halves] {
      #expect(bits[0] == infinity && bits[1] == infinity | 0x8000)
      #expect(bits[2...].allSatisfy { value(of: $0, dtype).isNaN })
    }
  }

  /// Only the two neighbours come out, as often as the value is near to them.
  @Test(arguments: [DType.float16, .bfloat16])
  func stochasticRoundingIsUnbiased(_ dtype: DType) throws {
    let values: [Float] = [
      1.0003, -1.0003, 0.1, 3.14159, 1e-3, -6.2e-5, 6.1035e-5, 5.9e-5, -3.3e-6, 1e-7, 2e-8, 1e-9, 1e-12, 60001.7,
    ]
    let count = 1 << 16
    for (number, x) in values.enumerated() {
      let tensor = try Tensor(zeros: [count], dtype: dtype)
      [Float](repeating: x, count: count).withUnsafeBufferPointer {
        tensor.storeStochastically($0, at: 0, seed: UInt64(number), pathHash: 99)
      }
      let magnitude = abs(Double(x)), low = floorPattern(magnitude, dtype)
      let below = value(of: low, dtype), step = value(of: low + 1, dtype) - below
      let sign: UInt16 = x < 0 ? 0x8000 : 0
      let ups = tensor.halves.count { $0 == sign | (low + 1) }, downs = tensor.halves.count { $0 == sign | low }
      #expect(ups + downs == count, "\(x): something other than its neighbours")
      let p = (magnitude - below) / step
      let deviation = (p * (1 - p) * Double(count)).squareRoot()
      #expect(abs(Double(ups) - p * Double(count)) <= 5 * deviation + 1, "\(x): \(ups) of \(count) up, p = \(p)")
    }
  }

  /// For each word the value that it just rounds up, and the one before, which it cuts.
  @Test(arguments: [DType.float16, .bfloat16])
  func theWordDecidesAtTheVeryPlace(_ dtype: DType) throws {
    let count = 4000, words = words(seed: 31, path: "w", count: count), dropped: UInt32 = dtype == .float16 ? 13 : 16
    // Of 1 and its neighbour: the fraction of a step and the word's low bits make a step, or one bit less.
    let below = words.map { Float(bitPattern: Float(1).bitPattern + (1 << dropped - 1 - $0 % (1 << dropped))) }
    try expectSteps(below, 0, 1.0, dtype)
    try expectSteps(below.map { $0.nextUp }, 1, 1.0, dtype)
    guard dtype == .float16 else { return }
    // Below 2⁻¹⁴ a step is 2⁻²⁴, and its fraction is compared with the word's 24 high bits.
    let fractions = words.map { Float($0 >> 8) * 0x1p-48 }
    try expectSteps(fractions, 0, 0, dtype)
    try expectSteps(fractions.map { $0.nextUp }, 1, 0, dtype)
  }

  /// `values`, rounded with the words of (31, `w`), lie `steps` after `origin`'s pattern.
  private func expectSteps(
    _ values: [Float], _ steps: UInt16, _ origin: Float, _ dtype: DType, at location: SourceLocation = #_sourceLocation
  ) throws {
    let tensor = try Tensor(zeros: [values.count], dtype: dtype)
    values.withUnsafeBufferPointer {
      tensor.storeStochastically($0, at: 0, seed: 31, pathHash: AddressedNoise.hash(ofPath: "w"))
    }
    let start = try patterns([origin], dtype)[0]
    let others = tensor.halves.count { $0 != start + steps }
    #expect(others == 0, sourceLocation: location)
  }

  @Test func whatIsRepresentableStays() throws {
    for dtype in [DType.float16, .bfloat16] {
      let exact = stride(from: UInt16(0), through: greatestFinite(dtype), by: 7).map { Float(value(of: $0, dtype)) }
      let tensor = try Tensor(zeros: [exact.count], dtype: dtype)
      for seed in 0..<UInt64(8) {
        exact.withUnsafeBufferPointer { tensor.storeStochastically($0, at: 0, seed: seed, pathHash: 3) }
        #expect(tensor.values.bits == exact.bits)
      }
    }
  }

  @Test func stochasticRoundingStaysFinite() throws {
    let large: [Float] = [65504, 65504.1, 65519, 65530, 1e10, .greatestFiniteMagnitude, -3.4e38, -65519]
    for dtype in [DType.float16, .bfloat16] {
      let tensor = try Tensor(zeros: [large.count], dtype: dtype)
      for seed in 0..<UInt64(500) {
        large.withUnsafeBufferPointer { tensor.storeStochastically($0, at: 0, seed: seed, pathHash: 3) }
        #expect(tensor.values.allSatisfy { $0.isFinite }, "\(dtype.name): \(tensor.values)")
      }
    }
  }

  /// A part that starts at a later element takes that element's words.
  @Test(arguments: [DType.float16, .bfloat16])
  func stochasticRoundingIsAddressed(_ dtype: DType) throws {
    var dice = Dice(23)
    let values = dice.floats(103)
    let whole = try Tensor(zeros: [103], dtype: dtype), parts = try Tensor(zeros: [103], dtype: dtype)
    values.withUnsafeBufferPointer { values in
      whole.storeStochastically(values, at: 0, seed: 5, pathHash: 6)
      for range in [0..<4, 4..<48, 48..<103] {
        parts.storeStochastically(.init(rebasing: values[range]), at: range.lowerBound, seed: 5, pathHash: 6)
      }
    }
    #expect(whole.halves == parts.halves)
    #expect(try whole.halves != patterns(values, dtype))
  }

  @Test func float32IsStoredAsItIs() throws {
    let values: [Float] = [0.1, -3e-30, 1e38]
    let tensor = try Tensor(zeros: [3])
    values.withUnsafeBufferPointer { tensor.storeStochastically($0, at: 0, seed: 5, pathHash: 6) }
    #expect(tensor.values.bits == values.bits)
  }

  @Test func names() {
    for dtype in DType.allCases {
      #expect(DType(name: dtype.name) == dtype && DType(name: dtype.rawValue) == dtype)
      #expect(DType(name: "torch." + dtype.name) == dtype)
    }
    #expect(DType(name: "half") == .float16 && DType(name: "BF16") == .bfloat16 && DType(name: "int8") == nil)
    #expect(DType.allCases.map(\.byteCount) == [4, 2, 2] && DType.allCases.map(\.significandBits) == [24, 11, 8])
  }
}
