import Bundles
import Datasets
import Foundation
import Testing

@Suite struct NumPyLegacyGeneratorTests {
  private struct Golden: Decodable {
    let seed: UInt32
    let permutation: [String: [Int]]
    let permutation_67349_sha256: String
    let randint: [String: [Int]]
    let words: [UInt32]
  }

  @Test func equalsNumPy() throws {
    let goldens = try Fixture.golden("numpy", as: [Golden].self)
    #expect(goldens.count == 5)
    for golden in goldens {
      for (count, head) in golden.permutation {
        var generator = NumPyLegacyGenerator(seed: golden.seed)
        #expect(try Array(generator.permutation(#require(Int(count))).prefix(8)) == head, "\(golden.seed), \(count)")
      }
      for (bound, numbers) in golden.randint {
        var generator = NumPyLegacyGenerator(seed: golden.seed)
        let bound = try #require(Int(bound))
        #expect(numbers.map { _ in generator.randint(bound) } == numbers, "\(golden.seed), \(bound)")
      }
      var generator = NumPyLegacyGenerator(seed: golden.seed)
      let words = (0..<1300).map { _ in generator.next() }
      #expect([0, 623, 624, 1299].map { words[$0] } == golden.words)
      generator = NumPyLegacyGenerator(seed: golden.seed)
      let order = generator.permutation(67349).map(String.init).joined(separator: ",")
      #expect(ContentHash(of: Data(order.utf8)).hex == golden.permutation_67349_sha256)
    }
  }

  /// The seeds of MeZO's perturbations in a run of seed 42.
  @Test func meetsTheKnownAnswers() {
    var generator = NumPyLegacyGenerator(seed: 42)
    #expect(
      (0..<6).map { _ in generator.randint(1_000_000_000) } == [
        534_895_718, 199_900_595, 862_061_404, 787_846_414, 996_406_378, 127_521_863,
      ])
    generator = NumPyLegacyGenerator(seed: 0)
    #expect(generator.permutation(67_349).prefix(8) == [43787, 16159, 59015, 5108, 67052, 35938, 49879, 51591])
  }

  @Test func smallCountsAreOrders() {
    var generator = NumPyLegacyGenerator(seed: 7)
    #expect(generator.permutation(0) == [])
    #expect(generator.permutation(1) == [0])
    #expect(generator.randint(1) == 0)
    for count in 2...40 { #expect(generator.permutation(count).sorted() == Array(0..<count)) }
  }
}
