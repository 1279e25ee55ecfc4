/// The symbols of one piece of text while they are being merged; kept and reused from piece to piece.
///
/// Byte-pair encoding merges the pair of lowest rank, leftmost first, until none is left. Short pieces are scanned
/// again for every merge; long ones go through a binary heap, so that a piece of n symbols costs O(n log n).
struct MergeWorkspace {
  /// Above this many symbols the heap is faster than scanning.
  static let longestScan = 40

  var symbols: [Int32] = []
  /// The bytes of the piece that each symbol stands for, while they are tracked; otherwise empty.
  var lengths: [Int] = []
  private var ranks: [UInt32] = []
  private var results: [Int32] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  private var heap = MergeHeap()

  /// Forgets the piece before.
  mutating func reset() {
    symbols.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
  }

  /// Merges `symbols` in place.
  mutating func merge(with table: MergeTable) {
    guard symbols.count > 1 else { return }
    if symbols.count <= Self.longestScan { mergeByScanning(table) } else { mergeByHeap(table) }
  }

  mutating func mergeByScanning(_ table: MergeTable) {
    ranks.removeAll(keepingCapacity: true)
    results.removeAll(keepingCapacity: true)
    for i in 0..<symbols.count - 1 {
      let merge = table.merge(symbols[i], symbols[i + 1])
      ranks.append(merge?.rank ?? .max)
      results.append(merge?.result ?? -1)
    }
    while true {
      var best = 0
      var lowest = UInt32.max
      for i in ranks.indices where ranks[i] < lowest {
        lowest = ranks[i]
        best = i
      }
      if lowest == .max { return }
      symbols[best] = results[best]
      symbols.remove(at: best + 1)
      if !lengths.isEmpty { lengths[best] += lengths.remove(at: best + 1) }
      ranks.remove(at: best)
      results.remove(at: best)
      if best > 0 { rate(best - 1, table) }
      if best < ranks.count { rate(best, table) }
    }
  }

  private mutating func rate(_ i: Int, _ table: MergeTable) {
    let merge = table.merge(symbols[i], symbols[i + 1])
    ranks[i] = merge?.rank ?? .max
    results[i] = merge?.result ?? -1
  }

  mutating func mergeByHeap(_ table: MergeTable) {
    let count = Int32(symbols.count)
    previous = (0..<count).map { $0 - 1 }
    next = (0..<count).map { $0 + 1 == count ? -1 : $0 + 1 }
    heap.fill(
      with: (0..<count - 1).lazy.compactMap { [symbols] left in
        table.merge(symbols[Int(left)], symbols[Int(left) + 1]).map {
          MergeHeap.Proposal(rank: $0.rank, position: UInt32(left))
        }
      })
    while let top = heap.pop() {
      let left = Int(top.position)
      guard symbols[left] >= 0, next[left] >= 0 else { continue }
      let right = Int(next[left])
      // A proposal is stale if either side has been merged since it was made.
      guard let merge = table.merge(symbols[left], symbols[right]), merge.rank == top.rank else { continue }
      symbols[left] = merge.result
      symbols[right] = -1
      if !lengths.isEmpty {
        lengths[left] += lengths[right]
        lengths[right] = 0
      }
      next[left] = next[right]
      if next[left] >= 0 {
        previous[Int(next[left])] = Int32(left)
        propose(Int32(left), table)
      }
      if previous[left] >= 0 { propose(previous[left], table) }
    }
    if !lengths.isEmpty { lengths = zip(symbols, lengths).compactMap { $0 < 0 ? nil : $1 } }
    symbols.removeAll { $0 < 0 }
  }

  private mutating func propose(_ left: Int32, _ table: MergeTable) {
    let right = next[Int(left)]
    if let merge = table.merge(symbols[Int(left)], symbols[Int(right)]) {
      heap.push(MergeHeap.Proposal(rank: merge.rank, position: UInt32(left)))
    }
  }
}

/// A binary min-heap of proposed merges, by rank and then by position.
struct MergeHeap {
  struct Proposal {
    /// Rank above position, so that one comparison orders both.
    let key: UInt64
    var rank: UInt32 { UInt32(key >> 32) }
    var position: UInt32 { UInt32(truncatingIfNeeded: key) }

    init(rank: UInt32, position: UInt32) { key = UInt64(rank) << 32 | UInt64(position) }
  }

  private var items: [Proposal] = []

  /// Starts anew from `proposals`, in linear time.
  mutating func fill(with proposals: some Sequence<Proposal>) {
    items.removeAll(keepingCapacity: true)
    items.append(contentsOf: proposals)
    for parent in (0..<items.count / 2).reversed() { sink(items[parent], from: parent) }
  }

  mutating func push(_ proposal: Proposal) {
    var child = items.count
    items.append(proposal)
    while child > 0 {
      let parent = (child - 1) / 2
      if items[parent].key <= proposal.key { break }
      items[child] = items[parent]
      child = parent
    }
    items[child] = proposal
  }

  mutating func pop() -> Proposal? {
    guard let top = items.first, let last = items.popLast() else { return nil }
    if !items.isEmpty { sink(last, from: 0) }
    return top
  }

  /// Puts `proposal` at `parent` or below it.
  private mutating func sink(_ proposal: Proposal, from parent: Int) {
    var parent = parent
    items.withUnsafeMutableBufferPointer { items in
      while true {
        var child = 2 * parent + 1
        if child >= items.count { break }
        if child + 1 < items.count, items[child + 1].key < items[child].key { child += 1 }
        if proposal.key <= items[child].key { break }
        items[parent] = items[child]
        parent = child
      }
      items[parent] = proposal
    }
  }
}
