import Testing

@testable import Tokenizers

/// The vocabulary of a GGUF file gives the ids of the tokenizer.json it was made from.
@Suite struct GGUFTests {
  /// What a converter writes for the byte-level fixture.
  private func vocabulary(pre: String? = "smollm") throws -> GGUFVocabulary {
    let model = try Fixture.node("byte-level.json").required("model")
    let vocab = try model.required("vocab").members()
    var tokens = Array(repeating: "", count: vocab.count)
    for (token, id) in vocab {
      tokens[try JSONNode(value: id, path: "", file: "").integer(in: 0...vocab.count)] = token
    }
    let special = Set(
      try Fixture.node("byte-level.json").required("added_tokens").elements().map { try $0.string("content") })
    return GGUFVocabulary(
      model: "gpt2", pre: pre, tokens: tokens, tokenTypes: tokens.map { special.contains($0) ? 3 : 1 },
      merges: try model.required("merges").elements().map { pair in
        try pair.elements().map { try $0.string() }.joined(separator: " ")
      },
      beginningOfSequence: 1, endOfSequence: 2, unknown: 0, padding: 2, addsBeginningOfSequence: false,
      chatTemplate: "{{ messages }}")
  }

  private func expectEqual(_ tokenizer: Tokenizer, _ reference: Tokenizer) throws {
    for line in try Fixture.lines() {
      let ids = tokenizer.encode(line)
      #expect(ids == reference.encode(line), "\(line.debugDescription)")
      #expect(try tokenizer.decode(ids) == reference.decode(ids), "\(line.debugDescription)")
      #expect(
        try tokenizer.decode(ids, skippingSpecialTokens: true) == reference.decode(ids, skippingSpecialTokens: true))
    }
  }

  @Test func smollmEqualsTokenizerJSON() throws {
    let tokenizer = try Tokenizer(gguf: vocabulary())
    #expect(tokenizer.beginningOfSequence == 1 && tokenizer.endOfSequence == 2)
    #expect(tokenizer.unknown == 0 && tokenizer.padding == 2)
    #expect(tokenizer.chatTemplate == "{{ messages }}")
    #expect(tokenizer.vocabularySize == 4252)
    try expectEqual(tokenizer, Fixture.tokenizer("byte-level"))
  }

  @Test(arguments: [
    ("gpt-2", "no digits step"),
    ("qwen2", "split by the expression of Qwen 2"),
  ])
  func splittingRulesEqualTheirTokenizerJSON(pre: String, variant: String) throws {
    let reference = try #require(try Variant.all().first { $0.name == variant })
    try expectEqual(Tokenizer(gguf: vocabulary(pre: pre)), reference.tokenizer())
  }

  @Test func llama3PutsBeginningOfSequenceFirstUnlessToldOtherwise() throws {
    let reference = try #require(try Variant.all().first { $0.name == "split by the expression of LLaMA 3" })
    var gguf = try vocabulary(pre: "llama-bpe")
    try expectEqual(Tokenizer(gguf: gguf), reference.tokenizer())
    gguf.addsBeginningOfSequence = nil
    let tokenizer = try Tokenizer(gguf: gguf)
    #expect(tokenizer.addsBeginningOfSequence)
    #expect(tokenizer.encode("It was").first == 1)
    gguf.beginningOfSequence = nil
    #expect(throws: TokenizerError.self) { try Tokenizer(gguf: gguf) }
  }

  @Test func userDefinedTokensAreFoundButNotSpecial() throws {
    var gguf = try vocabulary()
    gguf.tokens.append("<tool>")
    gguf.tokenTypes?.append(4)
    let tokenizer = try Tokenizer(gguf: gguf)
    let ids = tokenizer.encode("a<tool><|im_end|>")
    #expect(ids.contains(4252))
    #expect(try tokenizer.decode(ids, skippingSpecialTokens: true) == "a<tool>")
  }

  @Test func contradictionsAreRefused() throws {
    let changes: [(inout GGUFVocabulary) -> Void] = [
      { $0.model = "llama" },
      { $0.pre = "unheard-of" },
      { $0.pre = nil },
      { $0.tokenTypes = [1, 2] },
      { $0.tokenTypes?[7] = 9 },
      { $0.tokens[20] = $0.tokens[21] },
      { $0.tokens[3] = "" },
      { $0.merges[0] = "Ġt" },
      { $0.merges[0] = "Ġ t h" },
      { $0.merges[0] = "zz zz" },
      { $0.endOfSequence = 4252 },
      { $0.padding = -1 },
    ]
    for (index, change) in changes.enumerated() {
      var gguf = try vocabulary()
      change(&gguf)
      #expect(throws: TokenizerError.self, "change \(index)") { try Tokenizer(gguf: gguf) }
    }
  }
}
