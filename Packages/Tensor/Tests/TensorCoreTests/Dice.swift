import TensorCore

/// SplitMix64 (Steele, Lea, Flood 2014): test data that is the same at every run.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// Elements `start ..< start + count` of addressed noise.
func noise(_ law: NoiseLaw, seed: UInt64, path: String, start: Int = 0, count: Int) -> [Float] {
  [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
    AddressedNoise.fill(
      UnsafeMutableBufferPointer(rebasing: buffer[..<count]), law: law, seed: seed,
      pathHash: AddressedNoise.hash(ofPath: path), start: start)
    initialized = count
  }
}

/// Words of addressed noise from block `firstBlock`.
func words(seed: UInt64, path: String, firstBlock: Int = 0, count: Int) -> [UInt32] {
  [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
    AddressedNoise.words(
      UnsafeMutableBufferPointer(rebasing: buffer[..<count]), seed: seed,
      pathHash: AddressedNoise.hash(ofPath: path), firstBlock: firstBlock)
    initialized = count
  }
}

extension [Float] {
  var bits: [UInt32] { map(\.bitPattern) }
}
