import Foundation

/// The tokenizers that `transformers` builds from vocabulary files without a tokenizer.json, by the name of the class.
enum TokenizerFamily: String {
  case gpt2 = "GPT2Tokenizer"
  case roberta = "RobertaTokenizer"
  case bart = "BartTokenizer"
  case bert = "BertTokenizer"
  case llama = "LlamaTokenizer"
  case debertaV2 = "DebertaV2Tokenizer"

  /// The class for a `model_type` of config.json.
  static func usual(for modelType: String) -> String? {
    switch modelType {
    case "gpt2", "opt": TokenizerFamily.gpt2.rawValue
    case "roberta", "bart": TokenizerFamily.roberta.rawValue
    case "bert": TokenizerFamily.bert.rawValue
    case "llama", "mistral": TokenizerFamily.llama.rawValue
    case "deberta-v2": TokenizerFamily.debertaV2.rawValue
    default: nil
    }
  }

  /// The files that make up the vocabulary.
  var files: [String] {
    switch self {
    case .gpt2, .roberta, .bart: ["vocab.json", "merges.txt"]
    case .bert: ["vocab.txt"]
    case .llama: ["tokenizer.model"]
    case .debertaV2: ["spm.model"]
    }
  }

  /// The tokens that play parts where no file says.
  private var usualTokens: [String: String] {
    switch self {
    case .gpt2:
      ["bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"]
    case .roberta, .bart:
      [
        "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>",
        "pad_token": "<pad>", "mask_token": "<mask>",
      ]
    case .bert:
      [
        "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
      ]
    case .llama: ["unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"]
    case .debertaV2:
      [
        "bos_token": "[CLS]", "eos_token": "[SEP]", "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
        "cls_token": "[CLS]", "mask_token": "[MASK]",
      ]
    }
  }

  /// The token that plays a part.
  func token(_ key: String, _ configuration: TokenizerConfiguration) -> AddedToken? {
    configuration.token(key, usual: usualTokens[key])
  }
}

extension TokenizerFamily {
  /// Builds the tokenizer as the class of `transformers` 5 does.
  func parts(folder: URL, _ configuration: TokenizerConfiguration) throws -> TokenizerParts {
    var configuration = configuration
    var parts: TokenizerParts
    switch self {
    case .gpt2, .roberta, .bart: parts = try byteLevelParts(folder, configuration)
    case .bert: parts = try bertParts(folder, configuration)
    case .llama: parts = try llamaParts(folder, configuration)
    case .debertaV2: parts = try debertaParts(folder, configuration)
    }
    try addTokens(to: &parts, configuration)
    try surround(&parts, configuration)
    configuration.beginningOfSequence = token("bos_token", configuration)?.content
    configuration.endOfSequence = token("eos_token", configuration)?.content
    configuration.padding = token("pad_token", configuration)?.content
    configuration.unknown = token("unk_token", configuration)?.content
    configuration.mask = token("mask_token", configuration)?.content
    try parts.apply(configuration)
    return parts
  }

  private func byteLevelParts(_ folder: URL, _ configuration: TokenizerConfiguration) throws -> TokenizerParts {
    let vocabulary = try Vocabulary(try JSONNode(contentsOf: folder.appendingPathComponent("vocab.json")))
    let merges = try MergeTable(mergesFile: folder.appendingPathComponent("merges.txt"), vocabulary)
    let model = try BytePairModel(vocabulary: vocabulary, merges: merges, options: BytePairModel.Options())
    let addsPrefixSpace = configuration.option("add_prefix_space") ?? false
    var parts = TokenizerParts(model: .bytePair(model))
    parts.preTokenizers = [.byteLevel(addsPrefixSpace: addsPrefixSpace, usesPattern: true)]
    parts.decoders = [.byteLevel]
    if self != .gpt2, configuration.option("trim_offsets") ?? true {
      parts.template.trimmings = [OffsetTrimming(addsPrefixSpace: addsPrefixSpace)]
    }
    return parts
  }

  private func bertParts(_ folder: URL, _ configuration: TokenizerConfiguration) throws -> TokenizerParts {
    let file = folder.appendingPathComponent("vocab.txt")
    let vocabulary = try Vocabulary(linesOf: file)
    let model = try located(file) { () throws(TokenizerError) in
      try WordPieceModel(
        vocabulary: vocabulary, unknownToken: token("unk_token", configuration)?.content ?? "[UNK]",
        continuingPrefix: "##", longestWord: WordPieceModel.usualLongestWord)
    }
    var normalizer = BertNormalizer()
    normalizer.separatesIdeographs = configuration.option("tokenize_chinese_chars") ?? true
    normalizer.stripsAccents = configuration.option("strip_accents")
    normalizer.lowercases = configuration.option("do_lower_case") ?? true
    var parts = TokenizerParts(model: .wordPiece(model))
    parts.normalizers = [.bert(normalizer)]
    parts.preTokenizers = [.bert]
    parts.decoders = [.wordPiece(prefix: "##", cleansUp: true)]
    return parts
  }

  /// LLaMA's own: merges in the order of ids, bytes for what is unknown. `legacy` decides whether a space goes before
  /// every stretch of text between special tokens or only before the first.
  private func llamaParts(_ folder: URL, _ configuration: TokenizerConfiguration) throws -> TokenizerParts {
    let file = try SentencePieceModel(contentsOf: folder.appendingPathComponent("tokenizer.model"))
    guard file.kind == .bytePair else { throw file.unsupported("a LLaMA tokenizer that is not byte-pair encoding") }
    let vocabulary = try file.vocabulary()
    var options = BytePairModel.Options()
    options.fusesUnknown = true
    options.byteFallback = true
    let merges = MergeTable(joining: vocabulary, rank: nil)
    var parts = TokenizerParts(
      model: .bytePair(try BytePairModel(vocabulary: vocabulary, merges: merges, options: options)))
    let addsPrefix = configuration.option("add_prefix_space") ?? true
    let isLegacy = configuration.option("legacy") ?? false
    let prepending: PreTokenizer.Metaspace.Prepending = addsPrefix ? isLegacy ? .always : .first : .never
    parts.preTokenizers = [.metaspace(PreTokenizer.Metaspace(prepending: prepending, splits: false))]
    parts.decoders =
      [.replace(.text(BytePairModel.metaspace), with: [UInt8(ascii: " ")]), .byteFallback, .fuse]
      + (addsPrefix ? [.strip(" ", start: 1, stop: 0)] : [])
    parts.addedTokens = file.addedTokens
    return parts
  }

  private func debertaParts(_ folder: URL, _ configuration: TokenizerConfiguration) throws -> TokenizerParts {
    let file = try SentencePieceModel(contentsOf: folder.appendingPathComponent("spm.model"))
    guard file.kind == .unigram else { throw file.unsupported("a DeBERTa tokenizer that is not a unigram model") }
    let vocabulary = try file.vocabulary()
    let unknown = token("unk_token", configuration).flatMap { vocabulary.id(of: $0.content) } ?? Int32(file.unknownID)
    let url = URL(fileURLWithPath: file.file)
    let model = try located(url) { () throws(TokenizerError) in
      try UnigramModel(
        vocabulary: vocabulary, scores: file.pieces.map { Double($0.score) }, unknown: unknown, byteFallback: false)
    }
    var parts = TokenizerParts(model: .unigram(model))
    let spaces = try Pattern(expression: #"\s{2,}|[\n\r\t]"#)
    parts.normalizers =
      (configuration.option("do_lower_case") ?? false ? [.lowercase] : [])
      + [
        .replace(spaces, with: [UInt8(ascii: " ")]),
        .form(NormalizationForm(isCompatibility: false, composes: true)), .strip(left: false, right: true),
      ]
    let prepending: PreTokenizer.Metaspace.Prepending =
      configuration.option("add_prefix_space") ?? true ? .always : .first
    let metaspace = PreTokenizer.Metaspace(prepending: prepending)
    parts.preTokenizers =
      (configuration.option("split_by_punct") ?? false ? [.punctuation(.isolated)] : []) + [.metaspace(metaspace)]
    parts.decoders = [.metaspace(metaspace)]
    parts.addedTokens = file.addedTokens
    return parts
  }

  /// Names the file in errors that do not know it.
  private func located<Result>(_ file: URL, _ body: () throws(TokenizerError) -> Result) throws -> Result {
    do throws(TokenizerError) {
      return try body()
    } catch {
      throw TokenizerError(error.code, error.message, file: file.path)
    }
  }
}

extension TokenizerFamily {
  /// Adds the tokens that the configuration names. Those of no vocabulary get the ids after the last.
  private func addTokens(to parts: inout TokenizerParts, _ configuration: TokenizerConfiguration) throws {
    let named = TokenizerConfiguration.tokenKeys.compactMap { token($0, configuration) }
    let vocabulary = parts.model.vocabulary
    var next = Int32(vocabulary.size)
    for var token in configuration.addedTokens + named + configuration.extraTokens {
      let isKnown = parts.addedTokens.firstIndex { $0.content.utf8.elementsEqual(token.content.utf8) }
      if let isKnown {
        // The options given last count; a token that is special stays so.
        token.id = parts.addedTokens[isKnown].id
        if !configuration.addedTokens.contains(where: { $0.id == token.id }) { parts.addedTokens[isKnown] = token }
        continue
      }
      let id = vocabulary.id(of: token.content) ?? next
      guard token.id < 0 || token.id == id else {
        throw TokenizerError(
          .invalidContent,
          "added token '\(token.content)' should have id \(token.id), but the vocabulary leaves \(id) for it")
      }
      token.id = id
      if id == next { next += 1 }
      parts.addedTokens.append(token)
    }
  }

  /// The special tokens that go around texts.
  private func surround(_ parts: inout TokenizerParts, _ configuration: TokenizerConfiguration) throws {
    func id(_ key: String) throws -> Int32 {
      guard let content = token(key, configuration)?.content, let id = parts.id(of: content) else {
        throw TokenizerError(.invalidContent, "there is no \(key) to put around texts")
      }
      return id
    }
    switch self {
    case .gpt2:
      // `add_bos_token` and `add_eos_token` decide.
      break
    case .llama:
      break
    case .roberta, .bart:
      let (first, last) = (try id("cls_token"), try id("sep_token"))
      parts.template.single = [.tokens([first], typeID: 0), .text(0, typeID: 0), .tokens([last], typeID: 0)]
      parts.template.pair =
        parts.template.single + [.tokens([last], typeID: 0), .text(1, typeID: 0), .tokens([last], typeID: 0)]
    case .bert, .debertaV2:
      let (first, last) = (try id("cls_token"), try id("sep_token"))
      parts.template.single = [.tokens([first], typeID: 0), .text(0, typeID: 0), .tokens([last], typeID: 0)]
      parts.template.pair = parts.template.single + [.text(1, typeID: 1), .tokens([last], typeID: 1)]
    }
  }
}
