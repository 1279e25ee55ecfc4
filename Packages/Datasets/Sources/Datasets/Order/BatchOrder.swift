import TensorCore

/// Which examples each training step sees: a pure function of (seed, step), so that a resumed run needs no state.
///
/// An epoch goes through all examples once, in an order of its own. Batches do not straddle epochs: the last batch of an
/// epoch is short where `batchSize` does not divide `count`, as in PyTorch's loader with `drop_last=False`.
///
/// The order of epoch e is a Fisher-Yates shuffle from the end of 0 ..< count: for i = count − 1, ..., 1 the elements i
/// and j change places, j = ⌊w (i + 1) / 2⁶⁴⌋, where w is the i-th 64-bit number (low word first) of the addressed noise
/// words at seed `SeedSequence.seed(.dataOrder, step: e)` and path `data-order`.
public struct BatchOrder: Sendable, Hashable {
  /// Examples there are.
  public let count: Int
  public let batchSize: Int
  public let seeds: SeedSequence

  public init(count: Int, batchSize: Int, seeds: SeedSequence) {
    precondition(count > 0 && batchSize > 0, "BatchOrder: batches of \(batchSize) from \(count) examples")
    self.count = count
    self.batchSize = batchSize
    self.seeds = seeds
  }

  public var batchesPerEpoch: Int { (count + batchSize - 1) / batchSize }

  /// The examples of step 0, 1, 2, ...: indices in 0 ..< count.
  ///
  /// - Cost: O(count); some microseconds for a thousand examples.
  public func indices(step: Int) -> [Int] {
    precondition(step >= 0, "BatchOrder: step \(step)")
    let (epoch, batch) = step.quotientAndRemainder(dividingBy: batchesPerEpoch)
    let start = batch * batchSize
    return Array(permutation(epoch: epoch)[start..<min(start + batchSize, count)])
  }

  /// The order of one epoch.
  public func permutation(epoch: Int) -> [Int] {
    // Blocks of four words: two numbers each.
    var words = [UInt32](repeating: 0, count: (count + 1) / 2 * 4)
    words.withUnsafeMutableBufferPointer { words in
      AddressedNoise.words(
        words, seed: seeds.seed(.dataOrder, step: epoch), pathHash: AddressedNoise.hash(ofPath: "data-order"),
        firstBlock: 0)
    }
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      let number = UInt64(words[2 * index + 1]) << 32 | UInt64(words[2 * index])
      order.swapAt(index, Int(number.multipliedFullWidth(by: UInt64(index + 1)).high))
    }
    return order
  }
}
