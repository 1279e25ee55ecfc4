/// Remembers the tokens of short pieces of text.
///
/// A table of fixed size in which a new piece takes the place of whatever had its slot: bounded, and without
/// bookkeeping.
struct WordCache {
  /// Longer pieces, and pieces of more tokens, are not remembered.
  static let longestWord = 24
  private static let mostTokens = 6
  private static let slotCount = 1 << 13

  /// Zero: free. The length is part of the hash.
  private var hashes: [UInt64] = []
  private var words: [UInt8] = []
  private var tokens: [Int32] = []
  private var counts: [UInt8] = []

  /// Appends the tokens of `word` if they are known. Otherwise returns the hash to remember them by.
  @inline(__always)
  mutating func append(_ word: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) -> UInt64? {
    let hash = Self.hash(word)
    guard !hashes.isEmpty else { return hash }
    let slot = Int(truncatingIfNeeded: hash >> 40) & (Self.slotCount - 1)
    guard hashes[slot] == hash, equals(slot, word) else { return hash }
    let first = slot * Self.mostTokens
    tokens.withUnsafeBufferPointer { tokens in
      for index in first..<first + Int(counts[slot]) { ids.append(tokens[index]) }
    }
    return nil
  }

  /// Remembers the tokens of `word`, if they are few.
  mutating func insert(_ word: UnsafeBufferPointer<UInt8>, hash: UInt64, _ ids: ArraySlice<Int32>) {
    guard ids.count <= Self.mostTokens else { return }
    if hashes.isEmpty { allocate() }
    let slot = Int(truncatingIfNeeded: hash >> 40) & (Self.slotCount - 1)
    hashes[slot] = hash
    counts[slot] = UInt8(ids.count)
    words.withUnsafeMutableBufferPointer { words in
      for (index, byte) in word.enumerated() { words[slot * Self.longestWord + index] = byte }
    }
    for (index, id) in ids.enumerated() { tokens[slot * Self.mostTokens + index] = id }
  }

  private mutating func allocate() {
    hashes = Array(repeating: 0, count: Self.slotCount)
    words = Array(repeating: 0, count: Self.slotCount * Self.longestWord)
    tokens = Array(repeating: 0, count: Self.slotCount * Self.mostTokens)
    counts = Array(repeating: 0, count: Self.slotCount)
  }

  @inline(__always)
  private func equals(_ slot: Int, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    words.withUnsafeBufferPointer { words in
      let start = slot * Self.longestWord
      for index in 0..<word.count where words[start + index] != word[index] { return false }
      return true
    }
  }

  /// Never zero.
  @inline(__always)
  private static func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = UInt64(word.count) &+ 0x9E37_79B9_7F4A_7C15
    let bytes = UnsafeRawBufferPointer(word)
    var index = 0
    while index + 8 <= bytes.count {
      hash = mixed(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var rest: UInt64 = 0
    while index < bytes.count {
      rest = rest << 8 | UInt64(bytes[index])
      index += 1
    }
    return mixed(hash ^ rest) & ~0xFF | UInt64(word.count)
  }

  @inline(__always)
  private static func mixed(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
