import Testing

@testable import Tokenizers

/// Ids and texts equal to those of the reference implementation, line by line.
@Suite struct GoldenTests {
  @Test(arguments: ["byte-level", "stories260K"])
  func idsAndTextsEqualTheReference(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    let golden = try Fixture.golden(name)
    let lines = try Fixture.lines()
    #expect(lines.count >= 500)
    try #require(golden.ids.count == lines.count && golden.decoded.count == lines.count)
    for (index, line) in lines.enumerated() {
      #expect(tokenizer.encode(line) == golden.ids[index], "line \(index): \(line.debugDescription)")
      let plain = tokenizer.encode(line, addingSpecialTokens: false)
      let text = try tokenizer.decode(plain)
      let expected = golden.decoded[index] ?? line
      #expect(text.utf8.elementsEqual(expected.utf8), "line \(index): \(line.debugDescription)")
    }
  }

  @Test(arguments: try Variant.all())
  func variantsEqualTheReference(variant: Variant) throws {
    let tokenizer = try variant.tokenizer()
    let lines = try Fixture.lines()
    try #require(variant.digests.count == lines.count)
    for (index, line) in lines.enumerated() {
      let ids = tokenizer.encode(line)
      let text = try tokenizer.decode(ids)
      #expect(
        Variant.digest(ids, text) == variant.digests[index],
        "line \(index), \(line.debugDescription), gave \(ids) and \(text.debugDescription)")
    }
  }
}
