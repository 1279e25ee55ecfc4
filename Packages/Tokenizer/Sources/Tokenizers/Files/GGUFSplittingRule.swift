/// How text is split before merging, by the name a GGUF file gives the rule (`tokenizer.ggml.pre`).
///
/// The file has the name only; what it stands for is fixed by llama.cpp, which writes the names when it converts a
/// model and recognises its tokenizer.
struct GGUFSplittingRule {
  var steps: [PreTokenizer]
  /// Whole pieces that are tokens are not merged.
  var ignoresMerges = false
  /// What `add_bos_token` is where a file does not say.
  var addsBeginningOfSequence = false

  private static let llama3 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let qwen2 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  init(named name: String?) throws {
    switch name {
    case "gpt-2", "gpt2", "phi-2", "jina-es", "jina-de", "mpt", "olmo", "jais", "exaone4":
      steps = [.byteLevel(addsPrefixSpace: false, usesPattern: true)]
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
      steps = [.digits(individual: true), .byteLevel(addsPrefixSpace: false, usesPattern: true)]
    case "llama-bpe", "llama3", "llama-v3":
      steps = try Self.expression(Self.llama3)
      ignoresMerges = true
      addsBeginningOfSequence = true
    case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan":
      steps = try Self.expression(Self.qwen2)
    default:
      let told =
        name.map { "the splitting rule '\($0)'" } ?? "a GGUF vocabulary without a splitting rule (tokenizer.ggml.pre)"
      throw TokenizerError(
        .unsupportedComponent,
        "\(told); this version knows gpt-2, smollm, llama-bpe, qwen2 and their aliases. Use the model's tokenizer.json")
    }
  }

  private static func expression(_ expression: String) throws -> [PreTokenizer] {
    [
      .split(try Pattern(expression: expression), .isolated, isInverted: false),
      .byteLevel(addsPrefixSpace: false, usesPattern: false),
    ]
  }
}
