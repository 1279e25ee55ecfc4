import CTensorKernels

/// How the elements of a direction are distributed. docs/noise.md defines each to the bit.
public enum NoiseLaw: String, Sendable, Codable, CaseIterable {
  /// Standard normal by Box-Muller; |z| ≤ 5.77.
  case gaussian
  /// Sum of four bytes through an odd quintic: second, fourth and sixth moments of the normal, |z| ≤ 4.53.
  case gaussianFast = "gaussian-fast"
  /// ±1 with equal probability: one bit an element.
  case rademacher

  /// The kernel's number.
  var kernel: Int32 {
    switch self {
    case .gaussian: Int32(ZT_GAUSSIAN)
    case .gaussianFast: Int32(ZT_GAUSSIAN_FAST)
    case .rademacher: Int32(ZT_RADEMACHER)
    }
  }
}

/// Noise as a pure function of (seed, path, element): the same on any thread, in any order, on any machine.
public enum AddressedNoise {
  /// Changes whenever any value of any law would: what ledgers are bound to.
  public static let contractVersion = 1

  /// Writes elements `start ..< start + out.count` of the noise at (`seed`, `pathHash`).
  ///
  /// - Cost: about 0.8 G elements a second on one core for `gaussian`, 1.3 for `gaussianFast`, 4 for `rademacher`
  ///   (AVX2); `zeroth bench noise` measures it.
  @inline(__always)
  public static func fill(
    _ out: UnsafeMutableBufferPointer<Float>, law: NoiseLaw, seed: UInt64, pathHash: UInt64, start: Int
  ) {
    guard let base = out.baseAddress else { return }
    zt_noise_fill(law.kernel, seed, pathHash, UInt64(start), out.count, base)
  }

  /// y[i] ← fma(coefficient, z, y[i]), z being what `fill` writes, which is not stored.
  @inline(__always)
  public static func add(
    _ coefficient: Float, to y: UnsafeMutableBufferPointer<Float>, law: NoiseLaw, seed: UInt64, pathHash: UInt64,
    start: Int
  ) {
    guard let base = y.baseAddress else { return }
    zt_noise_add(law.kernel, seed, pathHash, UInt64(start), y.count, coefficient, base)
  }

  /// Random words: words `4 · firstBlock` onward of the stream at (`seed`, `pathHash`). `out.count` is a multiple of 4.
  public static func words(
    _ out: UnsafeMutableBufferPointer<UInt32>, seed: UInt64, pathHash: UInt64, firstBlock: Int
  ) {
    precondition(out.count % 4 == 0, "AddressedNoise.words: \(out.count) words are not whole blocks of four")
    guard let base = out.baseAddress else { return }
    zt_noise_words(seed, pathHash, UInt64(firstBlock), out.count / 4, base)
  }

  /// One block of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
  public static func philox(
    counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    let counters = [counter.0, counter.1, counter.2, counter.3]
    var out: [UInt32] = [0, 0, 0, 0]
    zt_philox4x32(counters, [key.0, key.1], &out)
    return (out[0], out[1], out[2], out[3])
  }

  /// FNV-1a, 64 bits, of a path's UTF-8 bytes: what addresses a parameter's noise.
  public static func hash(ofPath path: String) -> UInt64 {
    path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}

/// What a seed is for. The raw values are part of the noise contract.
public enum SeedPurpose: UInt32, Sendable {
  case direction = 1
  case rounding = 2
  case dataOrder = 3
  case initialisation = 4
  case sampling = 5
  case masking = 6
}

/// Seeds of a run, by Philox from (run seed, purpose, step, query): no stream, so any of them is had at any time.
public struct SeedSequence: Sendable, Hashable, Codable {
  public let runSeed: UInt64

  public init(runSeed: UInt64) { self.runSeed = runSeed }

  /// Words 0 and 1, low first, of the Philox block with key `runSeed` and counter (step low, step high, query, purpose).
  public func seed(_ purpose: SeedPurpose, step: Int = 0, query: Int = 0) -> UInt64 {
    let step = UInt64(step)
    let words = AddressedNoise.philox(
      counter: (UInt32(truncatingIfNeeded: step), UInt32(step >> 32), UInt32(query), purpose.rawValue),
      key: (UInt32(truncatingIfNeeded: runSeed), UInt32(runSeed >> 32)))
    return UInt64(words.1) << 32 | UInt64(words.0)
  }
}
