/// NumPy's legacy random generator (`numpy.random.RandomState`), bit for bit: the Mersenne twister MT19937 seeded by
/// Knuth's recurrence, with bounded numbers drawn by masked rejection.
///
/// It is here so that published splits can be made again; nothing else in this project draws from a stream.
///
/// References: Matsumoto & Nishimura 1998; numpy/random/src/mt19937 and `_legacy` (frozen since NumPy 1.17).
public struct NumPyLegacyGenerator: Sendable {
  private static let size = 624, middle = 397

  private var state: [UInt32]
  private var position = size

  /// `numpy.random.seed(seed)`.
  public init(seed: UInt32) {
    state = [seed]
    state.reserveCapacity(Self.size)
    for index in 1..<Self.size {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ UInt32(index))
    }
  }

  /// The next 32 bits.
  public mutating func next() -> UInt32 {
    if position == Self.size { twist() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9d2c_5680
    word ^= word << 15 & 0xefc6_0000
    return word ^ word >> 18
  }

  /// `numpy.random.randint(bound)` for a bound of at most 2³²; draws nothing for a bound of 1.
  public mutating func randint(_ bound: Int) -> Int {
    precondition(1...1 << 32 ~= bound, "randint: \(bound) is not in 1...2³²")
    return Int(upTo(UInt32(bound - 1)))
  }

  /// `numpy.random.permutation(count)`: 0 ..< count in the order of a Fisher-Yates shuffle from the end.
  public mutating func permutation(_ count: Int) -> [Int] {
    precondition(0...1 << 32 ~= count, "permutation: \(count) is not in 0...2³²")
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) { order.swapAt(index, Int(upTo(UInt32(index)))) }
    return order
  }

  /// A number in 0 ... `highest`: words under the smallest mask that covers it, until one is not too large.
  private mutating func upTo(_ highest: UInt32) -> UInt32 {
    guard highest > 0 else { return 0 }
    let mask = UInt32.max >> highest.leadingZeroBitCount
    while true {
      let word = next() & mask
      if word <= highest { return word }
    }
  }

  private mutating func twist() {
    for index in 0..<Self.size {
      let mixed = state[index] & 0x8000_0000 | state[(index + 1) % Self.size] & 0x7fff_ffff
      let odd: UInt32 = mixed & 1 == 1 ? 0x9908_b0df : 0
      state[index] = state[(index + Self.middle) % Self.size] ^ mixed >> 1 ^ odd
    }
    position = 0
  }
}
