import TensorCore
import TuningCore

/// The magnitude below which a given share of some parameters' elements lies, exactly: found by counting bit patterns,
/// whose order is that of the magnitudes.
///
/// Where many elements have the very magnitude t, as zeros do, `tieShare` says how large a part of them counts as
/// below, so that the share is met however many they are.
///
/// - Cost: three passes over the parameters; 16 KiB a thread.
struct MagnitudeThreshold: Sendable {
  /// t as a bit pattern without its sign.
  let bits: UInt32
  /// Between 0 and 1.
  let tieShare: Double

  /// - Parameter share: at least 0, at most 1.
  init(below share: Double, of tensors: [Tensor], threads: Threads) {
    let wanted = share * Double(tensors.reduce(0) { $0 + $1.count })
    // Eleven of the 31 bits, then twice ten more of those that agree in the ones before.
    var prefix: UInt32 = 0, below = 0, ties = 0
    for (shift, width) in [(20, 11), (10, 10), (0, 10)] as [(UInt32, UInt32)] {
      let counts = Self.counts(of: tensors, bins: 1 << width, threads: threads) {
        $0 >> (shift + width) == prefix ? Int($0 >> shift & (1 << width - 1)) : nil
      }
      let crossing = Self.crossing(of: wanted, in: counts, from: below)
      prefix = prefix << width | UInt32(crossing.bin)
      (below, ties) = (crossing.before, counts[crossing.bin])
    }
    bits = prefix
    tieShare = ties == 0 ? 0 : min(1, max(0, (wanted - Double(below)) / Double(ties)))
  }

  /// How many of a tensor's elements lie below t, and how many at t.
  func counts(in tensor: Tensor, threads: Threads) -> (below: Int, ties: Int) {
    let counts = Self.counts(of: [tensor], bins: 2, threads: threads) { $0 < bits ? 0 : $0 == bits ? 1 : nil }
    return (counts[0], counts[1])
  }

  /// The share of a tensor's elements that counts as below.
  func share(of tensor: Tensor, threads: Threads) -> Double {
    let (below, ties) = counts(in: tensor, threads: threads)
    return (Double(below) + tieShare * Double(ties)) / Double(max(1, tensor.count))
  }

  static func magnitude(_ value: Float) -> UInt32 { value.bitPattern & 0x7FFF_FFFF }

  /// The first bin that is not empty with which the count reaches `wanted`, and the count before it.
  private static func crossing(of wanted: Double, in counts: [Int], from start: Int) -> (bin: Int, before: Int) {
    var before = start
    for (bin, count) in counts.enumerated() where count > 0 {
      if Double(before + count) >= wanted { return (bin, before) }
      before += count
    }
    // Rounding of `wanted`, or nothing at all to count: the greatest.
    let last = counts.lastIndex { $0 > 0 } ?? 0
    return (last, before - counts[last])
  }

  /// How many elements fall into each bin; `bin` is given magnitudes as bit patterns, nil is nowhere.
  private static func counts(
    of tensors: [Tensor], bins: Int, threads: Threads, _ bin: (UInt32) -> Int?
  ) -> [Int] {
    var counts = [Int](repeating: 0, count: bins * threads.count)
    counts.withUnsafeMutableBufferPointer { counts in
      nonisolated(unsafe) let counts = counts
      for tensor in tensors {
        threads.forEachRange(of: tensor.count, piece: 1 << 12) { range, worker in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { values in
            tensor.load(from: range.lowerBound, into: values)
            for value in values {
              if let bin = bin(magnitude(value)) { counts[worker * bins + bin] += 1 }
            }
          }
        }
      }
    }
    return (0..<bins).map { bin in (0..<threads.count).reduce(0) { $0 + counts[$1 * bins + bin] } }
  }
}
