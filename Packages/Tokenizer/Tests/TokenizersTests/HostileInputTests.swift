import Foundation
import Testing

@testable import Tokenizers

/// Files that are damaged, contradictory or ask for what is not implemented: a clear error, never a crash.
@Suite struct HostileInputTests {
  private static let small = """
    {"version": "1.0", "truncation": null, "padding": null,
     "added_tokens": [{"id": 5, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true}],
     "normalizer": {"type": "Replace", "pattern": {"Regex": "x{2,3}"}, "content": "\\u00e9"},
     "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a-b]+|\\\\s"}, "behavior": "Isolated", "invert": false},
     "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
       {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [5]}}},
     "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
     "model": {"type": "BPE", "unk_token": "u", "byte_fallback": true,
       "vocab": {"u": 0, "a": 1, "b": 2, "ab": 3, "abab": 4}, "merges": ["a b", ["ab", "ab"]]}}
    """

  @Test func theUndamagedFileWorks() throws {
    let tokenizer = try Fixture.tokenizer(json: Self.small)
    #expect(tokenizer.encode("ababab<s>c") == [5, 4, 3, 5, 0])
    #expect(tokenizer.vocabularySize == 6)
  }

  @Test func everyTruncationIsReported() throws {
    let bytes = Array(Self.small.utf8)
    for length in 0..<bytes.count {
      let text = String(decoding: bytes[..<length], as: UTF8.self)
      let error = #expect(throws: TokenizerError.self, "\(length) bytes") { try Fixture.tokenizer(json: text) }
      #expect(error?.code == .malformedJSON)
      #expect(error?.message.contains("truncated") == true, "\(length) bytes: \(error?.message ?? "")")
    }
  }

  @Test func randomDamageNeverCrashes() throws {
    let bytes = Array(Self.small.utf8)
    let characters = Array("{}[]\":,\\0123456789-+.eEtfn*?+()|abu<s>x \u{7F}".utf8)
    var random = SplitMix(state: 99)
    var accepted = 0
    for _ in 0..<3000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<damaged.count, using: &random)
        damaged[place] = characters[Int.random(in: 0..<characters.count, using: &random)]
      }
      guard let tokenizer = try? Fixture.tokenizer(json: String(decoding: damaged, as: UTF8.self)) else { continue }
      accepted += 1
      _ = try? tokenizer.decode(tokenizer.encode("abab<s> xx é"))
    }
    #expect(accepted > 0)
  }

  /// A replacement in the small file, the code of the error, and words that its message must have.
  @Test(arguments: [
    (#""type": "BPE""#, #""type": "Bpe""#, "unsupportedComponent", "Bpe"),
    (#""byte_fallback": true"#, #""byte_fallback": 1"#, "invalidContent", "model.byte_fallback"),
    (#""byte_fallback": true"#, #""byte_falback": true"#, "unsupportedComponent", "byte_falback"),
    (#""byte_fallback": true"#, #""dropout": 0.1"#, "unsupportedComponent", "dropout"),
    (#""unk_token": "u""#, #""unk_token": "?""#, "invalidContent", "'?'"),
    (#""b": 2"#, #""b": 1"#, "invalidContent", "id 1 is given to both 'a' and 'b'"),
    (#""b": 2"#, #""a": 2"#, "invalidContent", "'a' is given twice"),
    (#""b": 2"#, #""b": -2"#, "invalidContent", "-2"),
    (#""b": 2"#, #""b": 2147483647"#, "invalidContent", "2147483647"),
    (#""b": 2"#, #""b": 99999999999999999999"#, "invalidContent", "vocab['b']"),
    (#""b": 2"#, #""b": "2""#, "invalidContent", "an integer"),
    (#""a b""#, #""a c""#, "invalidContent", "token 'c'"),
    (#""a b""#, #""b a""#, "invalidContent", "token 'ba'"),
    (#""a b""#, #""a""#, "invalidContent", "merge 0"),
    (#""a b""#, #""a b b""#, "invalidContent", "merge 0"),
    (#"["ab", "ab"]"#, #"["ab"]"#, "invalidContent", "merge 1"),
    (#""merges":"#, #""vocab":"#, "invalidContent", "2 times"),
    (#""model":"#, #""modell":"#, "unsupportedComponent", "modell"),
    (#""id": 5, "content": "<s>""#, #""id": 4, "content": "<s>""#, "invalidContent", "'abab'"),
    (#""id": 5, "content": "<s>""#, #""id": 5, "content": "a""#, "invalidContent", "'a' has id 5"),
    (#""id": 5, "content": "<s>""#, #""id": 5, "content": """#, "invalidContent", "added_tokens[0]"),
    (#""ids": [5]"#, #""ids": [7]"#, "invalidContent", "id 7"),
    (#""special_tokens": {"<s>""#, #""special_tokens": {"</s>""#, "invalidContent", "<s>"),
    (#"{"Sequence": {"id": "A""#, #"{"Sequence": {"id": "B""#, "invalidContent", "another text"),
    (#""type": "TemplateProcessing""#, #""type": "Template""#, "unsupportedComponent", "'Template'"),
    (#""type": "Replace""#, #""type": "Append""#, "unsupportedComponent", "'Append'"),
    (#""type": "Split""#, #""type": "UnicodeScripts""#, "unsupportedComponent", "'UnicodeScripts'"),
    (#""behavior": "Isolated""#, #""behavior": "isolated""#, "unsupportedComponent", "isolated"),
    (#""type": "ByteFallback""#, #""type": "Bytes""#, "unsupportedComponent", "decoders[0]"),
    (#""type": "ByteFallback""#, #""type": "ByteFallback", "x": 1"#, "unsupportedComponent", "'x'"),
    ("x{2,3}", "x{3,2}", "unsupportedPattern", "normalizer.pattern.Regex"),
    ("[a-b]+", "[b-a]+", "unsupportedPattern", "range"),
    ("[a-b]+", "([ab]+)+", "unsupportedPattern", "endless"),
    ("[a-b]+", #"\\1"#, "unsupportedPattern", "escape"),
    ("\\u00e9", "\\ud800", "malformedJSON", "surrogate"),
    ("\\u00e9", "\\q", "malformedJSON", "escape"),
    ("1.0", "1\n0", "malformedJSON", "line 1"),
    (#""version": "1.0""#, #""version": 01"#, "malformedJSON", "zero"),
    (#""version": "1.0","#, #""version": "1.0",,"#, "malformedJSON", "line 1, column 19"),
  ])
  func errorsSayWhatIsWrong(old: String, new: String, code: String, words: String) throws {
    try #require(Self.small.contains(old))
    let json = Self.small.replacingOccurrences(of: old, with: new)
    let error = #expect(throws: TokenizerError.self) { try Fixture.tokenizer(json: json) }
    #expect(error?.code.rawValue == code, "\(error?.description ?? "")")
    #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
    #expect(error?.file == "test.json")
  }

  @Test func deepNestingIsRefused() throws {
    let deep = String(repeating: "[", count: 1_000_000)
    let error = #expect(throws: TokenizerError.self) { try Fixture.tokenizer(json: deep) }
    #expect(error?.message.contains("nested") == true)
  }

  @Test func aFileThatIsNotUTF8IsRefused() throws {
    try TemporaryFolder.with([:]) { folder in
      let file = folder.appendingPathComponent("tokenizer.json")
      try Data([0x7B, 0xFF, 0x7D]).write(to: file)
      let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
      #expect(error?.code == .malformedJSON)
    }
  }
}
