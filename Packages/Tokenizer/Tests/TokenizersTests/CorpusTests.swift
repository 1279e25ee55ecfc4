import Foundation
import Testing

@testable import Tokenizers

/// Encodes files of one's own, for comparison with the reference:
///
///     TOKENIZERS_LINES=lines.json TOKENIZERS_JSON=tokenizer.json TOKENIZERS_OUTPUT=encoded.jsonl swift test --filter Corpus
///     python References/tokenizers/make_goldens.py --check encoded.jsonl --tokenizer tokenizer.json
///
/// With TOKENIZERS_GGUF, a JSON file of the `tokenizer.ggml` keys of a GGUF file, that vocabulary encodes instead.
@Suite struct CorpusTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test(.enabled(if: environment["TOKENIZERS_LINES"] != nil))
  func encodesLinesFromOutside() throws {
    let lines = URL(fileURLWithPath: try #require(Self.environment["TOKENIZERS_LINES"]))
    let output = URL(fileURLWithPath: try #require(Self.environment["TOKENIZERS_OUTPUT"]))
    let tokenizer = try tokenizer()
    let texts = try JSONNode(contentsOf: lines).elements().map { try $0.string() }
    let clock = ContinuousClock()
    var encoded: [[Int32]] = []
    let time = clock.measure { encoded = texts.map { tokenizer.encode($0) } }
    let bytes = texts.reduce(0) { $0 + $1.utf8.count }
    print("encoded \(bytes) bytes, \(encoded.joined().count) tokens in \(time)")
    var rows = Data()
    for (text, ids) in zip(texts, encoded) {
      let row: [String: Any] = ["text": text, "ids": ids.map(Int.init), "decoded": try tokenizer.decode(ids)]
      rows.append(try JSONSerialization.data(withJSONObject: row))
      rows.append(UInt8(ascii: "\n"))
    }
    try rows.write(to: output)
  }

  private func tokenizer() throws -> Tokenizer {
    guard let file = Self.environment["TOKENIZERS_GGUF"] else {
      let json = URL(fileURLWithPath: try #require(Self.environment["TOKENIZERS_JSON"]))
      return try Tokenizer(tokenizerJSON: json, configuration: nil)
    }
    let node = try JSONNode(contentsOf: URL(fileURLWithPath: file))
    return try Tokenizer(
      gguf: GGUFVocabulary(
        model: try node.string("model"), pre: try node.optional("pre")?.string(),
        tokens: try node.required("tokens").elements().map { try $0.string() },
        tokenTypes: try node.optional("token_type")?.elements().map { try $0.tokenID() },
        merges: try node.required("merges").elements().map { try $0.string() },
        beginningOfSequence: try node.optional("bos_token_id")?.tokenID(),
        addsBeginningOfSequence: try node.optional("add_bos_token")?.boolean()))
  }
}
