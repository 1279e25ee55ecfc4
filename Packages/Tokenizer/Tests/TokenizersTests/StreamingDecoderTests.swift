import Testing

@testable import Tokenizers

/// Text that is returned piece by piece is the text of all the ids.
@Suite struct StreamingDecoderTests {
  private func stream(_ ids: [Int32], _ tokenizer: Tokenizer) throws -> (text: String, parts: [String]) {
    var decoder = StreamingDecoder(tokenizer, skippingSpecialTokens: false)
    var parts: [String] = []
    for id in ids { parts.append(try decoder.append(id)) }
    parts.append(decoder.finish())
    return (parts.joined(), parts)
  }

  @Test(arguments: ["byte-level", "stories260K"])
  func partsMakeTheWhole(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    for line in try Fixture.lines() {
      let ids = tokenizer.encode(line)
      let whole = try tokenizer.decode(ids)
      #expect(try stream(ids, tokenizer).text.utf8.elementsEqual(whole.utf8), "\(line.debugDescription)")
    }
  }

  /// Not the one whose suffix stands within words, so that a word changes when another one follows.
  @Test(arguments: [
    "no decoder", "metaspace always", "metaspace first", "metaspace never", "stories, strip decoder",
  ])
  func partsMakeTheWholeForEveryDecoder(name: String) throws {
    let tokenizer = try #require(try Variant.all().first { $0.name == name }).tokenizer()
    for line in try Fixture.lines() {
      let ids = tokenizer.encode(line)
      let whole = try tokenizer.decode(ids)
      #expect(try stream(ids, tokenizer).text.utf8.elementsEqual(whole.utf8), "\(line.debugDescription)")
    }
  }

  @Test func wordsAreSpacedByTheirSuffixes() throws {
    let vocab = #"{"a": 0, "b": 1, "a</w>": 2, "b</w>": 3}"#
    let decoder = #"{"type": "BPEDecoder", "suffix": "</w>"}"#
    let tokenizer = try Fixture.tokenizer(
      json: #"{"model": {"vocab": \#(vocab), "merges": []}, "decoder": \#(decoder)}"#)
    #expect(try tokenizer.decode([0, 3, 2, 1, 3]) == "ab a bb")
    #expect(try stream([0, 3, 2, 1, 3], tokenizer).parts == ["a", "b", " a", " b", "b", ""])
  }

  @Test func anyIDsInAnyOrderMakeTheWhole() throws {
    let tokenizer = try Fixture.tokenizer("byte-level")
    var random = SplitMix(state: 7)
    for _ in 0..<500 {
      let ids = (0..<Int.random(in: 0...12, using: &random)).map { _ in Int32.random(in: 17..<400, using: &random) }
      let whole = try tokenizer.decode(ids)
      #expect(try stream(ids, tokenizer).text.utf8.elementsEqual(whole.utf8), "\(ids)")
    }
  }

  @Test func charactersComeWhenTheyAreComplete() throws {
    let tokenizer = try Fixture.tokenizer("byte-level")
    let ids = tokenizer.encode("a\u{1F600}b")
    let parts = try stream(ids, tokenizer).parts
    #expect(parts.filter { !$0.isEmpty } == ["a", "\u{1F600}", "b"])
    #expect(parts.last?.isEmpty == true)
    #expect(!parts.joined().contains("\u{FFFD}"))
  }

  @Test func byteTokensComeWhenTheyAreComplete() throws {
    let tokenizer = try Fixture.tokenizer("stories260K")
    let ids = tokenizer.encode("a\u{1F600}\u{1F601}b", addingSpecialTokens: false)
    #expect(try stream(ids, tokenizer).parts.filter { !$0.isEmpty } == ["a", "\u{1F600}", "\u{1F601}", "b"])
  }

  @Test func bytesThatAreNoTextDoNotPileUp() throws {
    let tokenizer = try Fixture.tokenizer("stories260K")
    let byte = try #require(tokenizer.id(of: "<0xFF>"))
    let parts = try stream(Array(repeating: byte, count: 5), tokenizer).parts
    #expect(parts == ["\u{FFFD}", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}", ""])
  }

  @Test func anUnfinishedCharacterIsReplacedAtTheEnd() throws {
    for name in ["byte-level", "stories260K"] {
      let tokenizer = try Fixture.tokenizer(name)
      var ids = tokenizer.encode("a\u{1F600}", addingSpecialTokens: false)
      ids.removeLast()
      let parts = try stream(ids, tokenizer).parts
      #expect(parts.last?.contains("\u{FFFD}") == true)
      #expect(try parts.joined() == tokenizer.decode(ids))
    }
  }

  @Test func specialTokensAreSkippedOnRequest() throws {
    let tokenizer = try Fixture.tokenizer("byte-level")
    var decoder = StreamingDecoder(tokenizer)
    let ids = tokenizer.encode("<|im_start|>a<|im_end|>")
    #expect(try ids.map { try decoder.append($0) } == ["", "a", ""])
  }

  @Test func unknownIDsAreRefusedAndChangeNothing() throws {
    for name in ["byte-level", "stories260K"] {
      let tokenizer = try Fixture.tokenizer(name)
      var decoder = StreamingDecoder(tokenizer)
      let error = #expect(throws: TokenizerError.self) { try decoder.append(1_000_000) }
      #expect(error?.code == .unknownID)
      #expect(throws: TokenizerError.self) { try decoder.append(-1) }
      #expect(decoder.finish().isEmpty)
    }
  }
}
