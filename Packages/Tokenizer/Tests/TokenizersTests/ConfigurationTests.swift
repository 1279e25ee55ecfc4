import Foundation
import Testing

@testable import Tokenizers

/// tokenizer_config.json and its companions.
@Suite struct ConfigurationTests {
  private func tokenizer(_ base: String, _ files: [String: String]) throws -> Tokenizer {
    var result: Tokenizer?
    try TemporaryFolder.with(files.merging(["tokenizer.json": Fixture.text(base)]) { $1 }) { folder in
      result = try Tokenizer(folder: folder)
    }
    return try #require(result)
  }

  @Test func rolesComeFromTheConfiguration() throws {
    let tokenizer = try tokenizer(
      "byte-level.json",
      [
        "tokenizer_config.json": """
        {"bos_token": "<|im_start|>", "eos_token": {"content": "<|im_end|>", "lstrip": false}, "pad_token": null,
         "unk_token": "<|endoftext|>", "chat_template": "{{ messages }}", "model_max_length": 1e30}
        """
      ])
    #expect(tokenizer.beginningOfSequence == 1)
    #expect(tokenizer.endOfSequence == 2)
    #expect(tokenizer.padding == nil)
    #expect(tokenizer.unknown == 0)
    #expect(tokenizer.chatTemplate == "{{ messages }}")
    #expect(!tokenizer.addsBeginningOfSequence)
    #expect(tokenizer.vocabularySize == 4252)
  }

  @Test func companionsFillInWhatTheConfigurationLeavesOut() throws {
    let tokenizer = try tokenizer(
      "byte-level.json",
      [
        "tokenizer_config.json": #"{"bos_token": "<|im_start|>", "chat_template": "old"}"#,
        "special_tokens_map.json": #"{"bos_token": "<|im_end|>", "pad_token": {"content": "<|endoftext|>"}}"#,
        "chat_template.jinja": "new\n",
      ])
    #expect(tokenizer.beginningOfSequence == 1)
    #expect(tokenizer.padding == 0)
    #expect(tokenizer.chatTemplate == "new\n")
  }

  @Test func namedTemplatesMeanTheDefaultOne() throws {
    let list = #"[{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]"#
    let tokenizer = try tokenizer("byte-level.json", ["tokenizer_config.json": #"{"chat_template": \#(list)}"#])
    #expect(tokenizer.chatTemplate == "b")
  }

  @Test(arguments: [
    (#"{}"#, [1, 403, 407]),
    (#"{"add_bos_token": true}"#, [1, 403, 407]),
    (#"{"bos_token": "<s>", "add_bos_token": false}"#, [403, 407]),
    (#"{"eos_token": "</s>", "add_eos_token": true}"#, [1, 403, 407, 2]),
    (#"{"eos_token": "</s>", "add_eos_token": true, "add_bos_token": false}"#, [403, 407, 2]),
  ])
  func explicitFlagsOverruleTheTemplate(configuration: String, ids: [Int32]) throws {
    let tokenizer = try tokenizer("stories260K.json", ["tokenizer_config.json": configuration])
    #expect(tokenizer.encode("Once upon") == ids)
    #expect(tokenizer.encode("Once upon", addingSpecialTokens: false) == [403, 407])
    #expect(tokenizer.addsBeginningOfSequence == (ids[0] == 1))
  }

  @Test(arguments: [
    #"{"bos_token": "<nowhere>"}"#, #"{"eos_token": 3}"#, #"{"add_bos_token": "yes"}"#, #"{"add_eos_token": true}"#,
    #"["bos_token"]"#,
  ])
  func contradictionsAreRefused(configuration: String) throws {
    let error = #expect(throws: TokenizerError.self) {
      try tokenizer("stories260K.json", ["tokenizer_config.json": configuration])
    }
    #expect(error?.code == .invalidContent)
    #expect(error?.file != nil)
  }

  @Test func missingFilesAreNamed() throws {
    try TemporaryFolder.with([:]) { folder in
      let error = #expect(throws: TokenizerError.self) { try Tokenizer(folder: folder) }
      #expect(error?.code == .unreadableFile)
      #expect(error?.file?.hasSuffix("tokenizer.json") == true)
      let folderError = #expect(throws: TokenizerError.self) {
        try Tokenizer(tokenizerJSON: folder, configuration: nil)
      }
      #expect(folderError?.code == .unreadableFile)
      let json = Fixture.url("byte-level.json")
      let missing = folder.appendingPathComponent("tokenizer_config.json")
      #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerJSON: json, configuration: missing) }
    }
  }
}
