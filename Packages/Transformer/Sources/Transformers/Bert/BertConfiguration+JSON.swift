import TensorCore

extension BertConfiguration {
  /// From `config.json`; a new head takes the place of the one that `architectures` names.
  ///
  /// - Throws: `ModelError.invalidConfiguration`, or `.unsupported` for what would change results and is not known.
  init(_ folder: FolderDescription, variant: BertVariant) throws {
    let json = folder.json
    try BertConfiguration.refuseUnsupported(json)
    let hiddenSize = try json.requiredSize("hidden_size"), headCount = try json.requiredSize("num_attention_heads")
    guard hiddenSize % headCount == 0 else {
      throw json.error("hidden_size", "is \(hiddenSize), no multiple of the \(headCount) attention heads")
    }
    guard variant == .bert || json.members["pad_token_id"] != .null else {
      throw json.error("pad_token_id", "is null: positions begin after it")
    }
    self.init(
      variant: variant, vocabularySize: try json.requiredSize("vocab_size"), hiddenSize: hiddenSize,
      intermediateSize: try json.requiredSize("intermediate_size"),
      layerCount: try json.requiredSize("num_hidden_layers"), headCount: headCount,
      positionCount: try json.size("max_position_embeddings") ?? 512,
      tokenTypeCount: try json.size("type_vocab_size") ?? 2, activation: try json.activation("hidden_act") ?? .gelu,
      layerNormEpsilon: try json.positive("layer_norm_eps") ?? 1e-12,
      initializerRange: try json.positive("initializer_range") ?? 0.02,
      tiesWordEmbeddings: try json.bool("tie_word_embeddings") ?? true,
      head: try folder.newHead.map { .classification(labels: $0.labels) } ?? BertConfiguration.head(folder, variant),
      beginningOfSequence: try json.tokens("bos_token_id").first, endOfSequence: try json.tokens("eos_token_id"),
      padding: try json.tokens("pad_token_id").first)
    guard maximumLength > 0 else {
      throw json.error(
        "max_position_embeddings", "is \(positionCount): with pad_token_id \(padding) no position is left")
    }
  }

  private static func refuseUnsupported(_ json: JSONObject) throws {
    func refuse(_ key: String, _ what: String) -> ModelError {
      ModelError(.unsupported, "\(json.file.path): \(key) \(what)")
    }
    if let kind = try json.string("position_embedding_type"), kind != "absolute" {
      throw refuse("position_embedding_type", "is '\(kind)'; this version knows absolute")
    }
    for key in ["is_decoder", "add_cross_attention"] where try json.bool(key) ?? false {
      throw refuse(key, "is true; this version reads encoders")
    }
    if json["quantization_config"] != nil {
      throw refuse("quantization_config", "is there: quantised weights are not read; take the plain ones")
    }
  }

  private static func head(_ folder: FolderDescription, _ variant: BertVariant) throws -> Head {
    let names = try folder.json.strings("architectures")
    let known = variant.architectures
    guard
      let ending = names.isEmpty
        ? ending(of: folder.tensorNames) : known.first(where: { names.contains($0.name) })?.ending
    else {
      throw ModelError(
        .unsupported,
        "\(folder.json.file.path): architectures are \(names); this version knows "
          + "\(known.map(\.name).joined(separator: ", ")), and can put a new classification head on any")
    }
    switch ending {
    case .base:
      // Whether there is a pooler the weights alone say.
      return .none(hasPooler: folder.tensorNames.contains { $0.hasSuffix("pooler.dense.weight") })
    case .maskedLM, .preTraining: return .maskedLM
    case .classification: return .classification(labels: try labels(folder.json))
    }
  }

  /// The head that files of these tensors have, where config.json does not say: Google's own BERTs.
  private static func ending(of tensorNames: some Collection<String>) -> BertVariant.Ending {
    func has(_ prefixes: String...) -> Bool {
      tensorNames.contains { name in prefixes.contains { name.hasPrefix($0) } }
    }
    return has("cls.seq_relationship.")
      ? .preTraining : has("cls.predictions.", "lm_head.") ? .maskedLM : has("classifier.") ? .classification : .base
  }

  /// The names in `id2label`; without it, `num_labels` or two numbered ones.
  private static func labels(_ json: JSONObject) throws -> [String] {
    guard let names = try json.object("id2label") else {
      let count = try json.size("num_labels") ?? 2
      guard count <= 1 << 20 else { throw json.error("num_labels", "is \(count): too many to be meant") }
      return NewHead.numbered(count)
    }
    guard !names.members.isEmpty else { throw json.error("id2label", "names no label") }
    return try (0..<names.members.count).map {
      guard let label = try names.string(String($0)) else { throw names.error(String($0), "is missing") }
      return label
    }
  }

  public func jsonText(dtype: DType) throws -> String {
    let ending: BertVariant.Ending =
      switch head {
      case .none: .base
      case .maskedLM: .maskedLM
      case .classification: .classification
      }
    var members: [String: JSONValue] = [
      "architectures": .array([.string(variant.architecture(ending))]), "model_type": .string(modelType),
      "vocab_size": .integer(vocabularySize), "hidden_size": .integer(hiddenSize),
      "intermediate_size": .integer(intermediateSize), "num_hidden_layers": .integer(layerCount),
      "num_attention_heads": .integer(headCount), "max_position_embeddings": .integer(positionCount),
      "type_vocab_size": .integer(tokenTypeCount), "hidden_act": .string(activation.rawValue),
      "layer_norm_eps": .number(layerNormEpsilon), "initializer_range": .number(initializerRange),
      "position_embedding_type": .string("absolute"), "tie_word_embeddings": .bool(tiesWordEmbeddings),
      "bos_token_id": beginningOfSequence.map { .integer(Int($0)) } ?? .null,
      "eos_token_id": JSONValue(tokens: endOfSequence), "pad_token_id": .integer(Int(padding)),
      "torch_dtype": .string(dtype.name),
    ]
    if case .classification(let labels) = head {
      members["id2label"] = .object(
        Dictionary(uniqueKeysWithValues: labels.enumerated().map { (String($0), .string($1)) }))
      members["label2id"] = .object(Dictionary(labels.enumerated().map { ($1, .integer($0)) }) { first, _ in first })
    }
    return JSONValue.object(members).text(indent: 2) + "\n"
  }
}
