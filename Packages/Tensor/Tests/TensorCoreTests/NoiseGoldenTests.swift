import Foundation
import TensorCore
import Testing

/// Bit patterns that References/noise/reference.py computed from docs/noise.md.
private struct Goldens: Decodable {
  struct Philox: Decodable { let counter, key, words: String }
  struct Words: Decodable {
    let seed, path, words: String
    let firstBlock: Int
  }
  struct Seed: Decodable {
    let run, seed: String
    let purpose: UInt32
    let step, query: Int
  }
  /// Bit patterns of each law, or digests of them.
  struct Fill: Decodable {
    let seed, path: String
    let start, count: Int
    let gaussian, gaussianFast, rademacher: String

    enum CodingKeys: String, CodingKey {
      case seed, path, start, count, gaussian, rademacher
      case gaussianFast = "gaussian-fast"
    }

    func expected(_ law: NoiseLaw) -> String {
      switch law {
      case .gaussian: gaussian
      case .gaussianFast: gaussianFast
      case .rademacher: rademacher
      }
    }

    func computed(_ law: NoiseLaw) throws -> [Float] {
      noise(law, seed: try #require(UInt64(seed, radix: 16)), path: path, start: start, count: count)
    }
  }
  struct Rounding: Decodable {
    let seed, path, values: String
    let start: Int
    let float16, bfloat16: String

    enum CodingKeys: String, CodingKey {
      case seed, path, values, start
      case float16 = "F16"
      case bfloat16 = "BF16"
    }
  }

  let philox: [Philox]
  let pathHashes: [String: String]
  let words: [Words]
  let seeds: [Seed]
  let fills: [Fill]
  let digests: [Fill]
  let rounding: Rounding

  static func load() throws -> Goldens {
    let file = try #require(Bundle.module.url(forResource: "noise", withExtension: "json", subdirectory: "Goldens"))
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
  }
}

private func parse(_ hexadecimal: String) throws -> [UInt32] {
  try hexadecimal.split(separator: " ").map { try #require(UInt32($0, radix: 16)) }
}

@Suite struct NoiseGoldenTests {
  @Test func philoxMeetsRandom123() throws {
    // Of Random123's kat_vectors; the last row's input is the digits of π.
    let known: [([UInt32], [UInt32], [UInt32])] = [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [.max, .max, .max, .max], [.max, .max], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ]
    let reference = try Goldens.load().philox
    try #require(reference.count == known.count)
    for ((counter, key, words), golden) in zip(known, reference) {
      let computed = AddressedNoise.philox(
        counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
      #expect([computed.0, computed.1, computed.2, computed.3] == words)
      let reference = try [golden.counter, golden.key, golden.words].map(parse)
      #expect(reference == [counter, key, words])
    }
  }

  @Test func pathHashesMeetTheReference() throws {
    let hashes = try Goldens.load().pathHashes
    #expect(hashes.count == 6)
    for (path, hash) in hashes { #expect(AddressedNoise.hash(ofPath: path) == UInt64(hash, radix: 16), "'\(path)'") }
  }

  @Test func wordsMeetTheReference() throws {
    for golden in try Goldens.load().words {
      let expected = try parse(golden.words)
      let seed = try #require(UInt64(golden.seed, radix: 16))
      let computed = words(seed: seed, path: golden.path, firstBlock: golden.firstBlock, count: expected.count)
      #expect(computed == expected, "from block \(golden.firstBlock)")
    }
  }

  @Test func seedsMeetTheReference() throws {
    let goldens = try Goldens.load().seeds
    #expect(goldens.count == 24)
    for golden in goldens {
      let sequence = SeedSequence(runSeed: try #require(UInt64(golden.run, radix: 16)))
      let purpose = try #require(SeedPurpose(rawValue: golden.purpose))
      let seed = sequence.seed(purpose, step: golden.step, query: golden.query)
      #expect(seed == UInt64(golden.seed, radix: 16), "\(purpose), step \(golden.step), query \(golden.query)")
    }
  }

  @Test(arguments: NoiseLaw.allCases)
  func elementsMeetTheReference(_ law: NoiseLaw) throws {
    for golden in try Goldens.load().fills {
      let expected = try parse(golden.expected(law))
      try #require(expected.count == golden.count)
      #expect(try golden.computed(law).bits == expected, "'\(golden.path)' from \(golden.start)")
    }
  }

  /// 131,072 elements a time, so that every branch of the laws has been taken.
  @Test(arguments: NoiseLaw.allCases)
  func longStretchesMeetTheReference(_ law: NoiseLaw) throws {
    for golden in try Goldens.load().digests {
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for element in try golden.computed(law) {
        let bits = element.bitPattern
        for shift in [UInt32(0), 8, 16, 24] {
          hash = (hash ^ UInt64(bits >> shift & 255)) &* 0x0000_0100_0000_01b3
        }
      }
      #expect(hash == UInt64(golden.expected(law), radix: 16), "'\(golden.path)' from \(golden.start)")
    }
  }

  @Test(arguments: [DType.float16, .bfloat16])
  func stochasticRoundingMeetsTheReference(_ dtype: DType) throws {
    let golden = try Goldens.load().rounding
    let values = try parse(golden.values).map(Float.init(bitPattern:))
    let expected = try parse(dtype == .float16 ? golden.float16 : golden.bfloat16).map(UInt16.init)
    let tensor = try Tensor(zeros: [golden.start + values.count], dtype: dtype)
    let seed = try #require(UInt64(golden.seed, radix: 16))
    values.withUnsafeBufferPointer {
      tensor.storeStochastically(
        $0, at: golden.start, seed: seed, pathHash: AddressedNoise.hash(ofPath: golden.path))
    }
    #expect(Array(tensor.halves[golden.start...]) == expected)
    #expect(tensor.halves[..<golden.start].allSatisfy { $0 == 0 })
  }
}

extension Tensor {
  /// Bit patterns of a 16-bit tensor.
  var halves: [UInt16] {
    Array(UnsafeBufferPointer(start: bytes.assumingMemoryBound(to: UInt16.self), count: count))
  }
}
