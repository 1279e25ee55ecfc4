import Testing

@testable import Tokenizers

/// Tokens by id and by text, and laws of encoding.
@Suite struct VocabularyTests {
  @Test func canonicallyEquivalentTokensStayApart() throws {
    let tokenizer = try Fixture.tokenizer(
      json: #"{"model": {"vocab": {"\u00e9": 0, "e\u0301": 1, "e": 2, "\u0301": 3}, "merges": ["e \u0301"]}}"#)
    #expect(tokenizer.encode("\u{E9}") == [0])
    #expect(tokenizer.encode("e\u{301}") == [1])
    #expect(tokenizer.id(of: "\u{E9}") == 0 && tokenizer.id(of: "e\u{301}") == 1)
    #expect(tokenizer.token(for: 1)?.unicodeScalars.count == 2)
  }

  @Test(arguments: ["byte-level", "stories260K"])
  func everyTokenHasItsID(name: String) throws {
    let tokenizer = try Fixture.tokenizer(name)
    for id in 0..<Int32(tokenizer.vocabularySize) {
      let token = try #require(tokenizer.token(for: id))
      #expect(tokenizer.id(of: token) == id)
    }
    #expect(tokenizer.token(for: -1) == nil)
    #expect(tokenizer.token(for: Int32(tokenizer.vocabularySize)) == nil)
    #expect(tokenizer.id(of: "no such token") == nil)
  }

  @Test func gapsInTheIDsAreNoTokens() throws {
    let tokenizer = try Fixture.tokenizer(json: #"{"model": {"vocab": {"a": 0, "b": 7}, "merges": []}}"#)
    #expect(tokenizer.vocabularySize == 8)
    #expect(tokenizer.token(for: 3) == nil)
    let error = #expect(throws: TokenizerError.self) { try tokenizer.decode([0, 3]) }
    #expect(error?.code == .unknownID)
    #expect(error?.message.contains("3") == true)
    #expect(try tokenizer.decode([0, 7]) == "a b")
  }

  @Test func byteLevelTextSurvivesTheRoundTrip() throws {
    let tokenizer = try Fixture.tokenizer("byte-level")
    var random = SplitMix(state: 11)
    for _ in 0..<300 {
      var scalars = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        guard let scalar = Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &random)) else { continue }
        if Self.isCovered(scalar, by: tokenizer) { scalars.append(scalar) }
      }
      let text = String(scalars)
      #expect(try tokenizer.decode(tokenizer.encode(text)).utf8.elementsEqual(text.utf8))
    }
  }

  /// The vocabulary lacks some bytes, which it drops as the reference does.
  private static func isCovered(_ scalar: Unicode.Scalar, by tokenizer: Tokenizer) -> Bool {
    String(Character(scalar)).utf8.allSatisfy { byte in
      tokenizer.id(of: String(Character(ByteLevelAlphabet.scalars[Int(byte)]))) != nil
    }
  }

  @Test func specialTokensAreSkippedOnRequest() throws {
    let tokenizer = try Fixture.tokenizer("byte-level")
    let ids = tokenizer.encode("<|im_start|>user\nHi<|im_end|>")
    #expect(ids.first == 1 && ids.last == 2)
    #expect(try tokenizer.decode(ids) == "<|im_start|>user\nHi<|im_end|>")
    #expect(try tokenizer.decode(ids, skippingSpecialTokens: true) == "user\nHi")
  }

  @Test func stripDecoderTakesFromBothEnds() {
    let decoder = Decoder.strip("_", start: 1, stop: 2)
    #expect(decoder.apply(to: ["__a___", "_", "", "a"]) == ["_a_", "", "", "a"])
  }

  @Test func tokenizersCrossThreads() async throws {
    let tokenizer = try Fixture.tokenizer("byte-level")
    let lines = try Fixture.lines()
    let expected = lines.map { tokenizer.encode($0) }
    let results = await withTaskGroup(of: [[Int32]].self) { group in
      for _ in 0..<4 { group.addTask { lines.map { tokenizer.encode($0) } } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.allSatisfy { $0 == expected })
  }
}
