import Testing

@testable import Tokenizers

/// The regular expressions that pre-tokenizers and normalizers are written in. That they match as the reference's do is
/// tested by the goldens of the `split` variants.
@Suite struct PatternTests {
  private func matches(_ pattern: Pattern, _ text: String) -> [String] {
    let bytes = Array(text.utf8)
    var found: [String] = []
    bytes.withUnsafeBufferPointer { bytes in
      pattern.forEachMatch(in: bytes, bytes.indices) { found.append(String(decoding: bytes[$0], as: UTF8.self)) }
    }
    return found
  }

  @Test func handWrittenScannerEqualsTheExpression() throws {
    let program = Pattern.expression(try PatternProgram(GPT2Scanner.expression))
    for line in try Fixture.lines() {
      #expect(matches(.gpt2, line) == matches(program, line), "\(line.debugDescription)")
      #expect(matches(.gpt2, line).joined().utf8.elementsEqual(line.utf8))
    }
  }

  @Test(arguments: [
    ("a|ab", "abab", ["a", "a"]),
    ("(?:ab|a)b", "abb ab", ["abb", "ab"]),
    ("a{2,3}", "aaaaaaa", ["aaa", "aaa"]),
    ("a{2}b?", "aab aa", ["aab", "aa"]),
    ("<.+?>", "<a><b>", ["<a>", "<b>"]),
    ("a++a|b", "aab", ["b"]),
    ("(?>a|ab)c", "abcac", ["ac"]),
    ("(?i:\u{17F}k)", "SK sk \u{17F}\u{212A}", ["SK", "sk", "\u{17F}\u{212A}"]),
    ("(?<=a)b(?!c)", "abc ab b", ["b"]),
    ("^a$", "a\nba\na", ["a", "a"]),
    (#"\A\p{Lu}\z"#, "A", ["A"]),
    (#"[^\P{L}a-y]"#, "az-Z", ["z", "Z"]),
    (#"[\]\-a\\]+"#, #"a]-\b"#, [#"a]-\"#]),
    (#"\x41\x{1F600}\u0042"#, "A\u{1F600}B", ["A\u{1F600}B"]),
    ("", "ab", ["", "", ""]),
  ])
  func syntaxMeansWhatItSays(pattern: String, text: String, expected: [String]) throws {
    #expect(matches(try Pattern(expression: pattern), text) == expected)
  }

  @Test(arguments: [
    "(", ")", "[", "[a", "a**", "*", "(?<name>a)", "(?a)", #"\b"#, #"\1"#, #"\p{Greek}"#, #"\pL"#, "[[:alpha:]]",
    "[a&&b]", "a{,}", "a{1001}", "a{2}+", "(?:a*)*", "(?:a+b)+", "(?:a|b?)*", "(?<=ab)c", "^*", "(?=a)+", #"\"#,
    #"\x4"#,
    "(?:(?:(?:){999}){999}){999}", String(repeating: "(", count: 100_000),
  ])
  func unsupportedSyntaxIsRefused(pattern: String) {
    let error = #expect(throws: TokenizerError.self) { try Pattern(expression: pattern) }
    #expect(error?.code == .unsupportedPattern)
  }

  @Test func longRunsDoNotOverflowTheStack() throws {
    let text = String(repeating: " ", count: 50_000) + "x"
    let found = matches(try Pattern(expression: #"\s*[\r\n]+|\s+(?!\S)|(?:ab?c?)+|\s+|x"#), text)
    #expect(found.map(\.utf8.count) == [49_999, 1, 1])
    #expect(matches(try Pattern(expression: #"\A(?:ab)+c"#), String(repeating: "ab", count: 20_000)).isEmpty)
  }
}
