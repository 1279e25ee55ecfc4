/// How text is split before merging, by the name a GGUF file gives the rule (`tokenizer.ggml.pre`).
///
/// The file has the name only; what it stands for is fixed by llama.cpp, which writes the names when it converts a
/// model and recognises its tokenizer.
struct GGUFSplittingRule {
  var steps: [PreTokenizer]
  /// The file leaves these out, but the tokenizer.json of the same models has them.
  var normalizers: [Normalizer] = []
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
    case "gpt-2", "phi-2":
      steps = [.byteLevel(addsPrefixSpace: false, usesPattern: true)]
    case "smollm", "starcoder", "refact", "codeshell":
      steps = [.digits(individual: true), .byteLevel(addsPrefixSpace: false, usesPattern: true)]
    case "llama-bpe", "llama3", "llama-v3":
      steps = try Self.splitting(at: [Self.llama3])
      ignoresMerges = true
      addsBeginningOfSequence = true
    case "qwen2", "deepseek-r1-qwen":
      steps = try Self.splitting(at: [Self.qwen2])
      normalizers = [.form(NormalizationForm(isCompatibility: false, composes: true))]
    case "default":
      steps = try Self.splitting(at: [#"[\p{P}\$\+<=>\^~\|]+"#, GPT2Scanner.expression, #"\p{N}+"#, "[0-9][0-9][0-9]"])
    default:
      let rule = name.map { "the splitting rule '\($0)'" } ?? "no splitting rule (tokenizer.ggml.pre)"
      throw TokenizerError(
        .unsupportedComponent,
        "the GGUF vocabulary has \(rule); this version knows gpt-2, phi-2, smollm, starcoder, refact, codeshell, "
          + "llama-bpe, llama3, llama-v3, qwen2, deepseek-r1-qwen, default. Use the model's tokenizer.json instead")
    }
  }

  /// Splits at every match of each expression in turn.
  private static func splitting(at expressions: [String]) throws -> [PreTokenizer] {
    let splits = try expressions.map { PreTokenizer.split(try Pattern(expression: $0), .isolated, isInverted: false) }
    return splits + [.byteLevel(addsPrefixSpace: false, usesPattern: false)]
  }
}
