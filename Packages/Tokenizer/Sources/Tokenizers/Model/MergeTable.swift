/// Which pairs of tokens merge, in what order of preference, and into what.
///
/// One open-addressing table from a pair of ids (64 bits) to rank and result: 16 bytes a slot, no strings.
struct MergeTable: Sendable {
  struct Merge: Sendable {
    /// Position in the merge list: the lowest rank goes first.
    var rank: UInt32
    /// Id of the token the pair becomes.
    var result: Int32
  }

  private static let free = UInt64.max
  private var pairs: [UInt64]
  private var merges: [Merge]
  private let mask: Int

  /// - Parameter capacity: the most merges that will be added.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    pairs = Array(repeating: Self.free, count: size)
    merges = Array(repeating: Merge(rank: 0, result: 0), count: size)
    mask = size - 1
  }

  /// A pair that is given twice keeps its last rank, as in the reference implementation.
  mutating func add(_ left: Int32, _ right: Int32, rank: UInt32, result: Int32) {
    let pair = Self.pair(left, right)
    let slot = slot(of: pair)
    pairs[slot] = pair
    merges[slot] = Merge(rank: rank, result: result)
  }

  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge? {
    let pair = Self.pair(left, right)
    let slot = slot(of: pair)
    return pairs[slot] == pair ? merges[slot] : nil
  }

  /// Whether `condition` holds for every pair.
  func allPairs(_ condition: (Int32, Int32) -> Bool) -> Bool {
    pairs.allSatisfy { pair in
      pair == Self.free
        || condition(Int32(truncatingIfNeeded: pair >> 32), Int32(truncatingIfNeeded: pair))
    }
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func slot(of pair: UInt64) -> Int {
    // The two multiplications of MurmurHash3's finaliser: neighbouring ids must not share a run of slots.
    var hash = (pair ^ pair >> 33) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
    var slot = Int(truncatingIfNeeded: hash >> 32) & mask
    while pairs[slot] != pair && pairs[slot] != Self.free { slot = (slot + 1) & mask }
    return slot
  }
}
