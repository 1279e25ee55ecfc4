import TensorCore

extension OPTConfiguration {
  /// From `config.json`.
  ///
  /// - Throws: `ModelError.invalidConfiguration`, or `.unsupported` for what would change results and is not known.
  init(_ json: JSONObject) throws {
    let architectures = try json.strings("architectures")
    guard architectures.isEmpty || architectures.contains(OPTConfiguration.architecture) else {
      throw ModelError(
        .unsupported,
        "\(json.file.path): architectures are \(architectures); this version knows \(OPTConfiguration.architecture)")
    }
    if json["quantization_config"] != nil {
      throw ModelError(
        .unsupported, "\(json.file.path): quantization_config is there: quantised weights are not read, take the plain")
    }
    let hiddenSize = try json.requiredSize("hidden_size"), headCount = try json.requiredSize("num_attention_heads")
    guard hiddenSize % headCount == 0 else {
      throw json.error("hidden_size", "is \(hiddenSize), no multiple of the \(headCount) attention heads")
    }
    self.init(
      vocabularySize: try json.requiredSize("vocab_size"), hiddenSize: hiddenSize,
      embeddingSize: try json.size("word_embed_proj_dim"), intermediateSize: try json.requiredSize("ffn_dim"),
      layerCount: try json.requiredSize("num_hidden_layers"), headCount: headCount,
      maximumLength: try json.size("max_position_embeddings") ?? 2048,
      activation: try json.activation("activation_function") ?? .relu,
      normsBefore: try json.bool("do_layer_norm_before") ?? true,
      keepsFinalNorm: !(try json.bool("_remove_final_layer_norm") ?? false),
      hasBias: try json.bool("enable_bias") ?? true,
      hasNormParameters: try json.bool("layer_norm_elementwise_affine") ?? true,
      tiesWordEmbeddings: try json.bool("tie_word_embeddings") ?? true,
      beginningOfSequence: try json.tokens("bos_token_id").first, endOfSequence: try json.tokens("eos_token_id"),
      padding: try json.tokens("pad_token_id").first)
  }

  public func jsonText(dtype: DType) throws -> String {
    let members: [String: JSONValue] = [
      "architectures": .array([.string(OPTConfiguration.architecture)]), "model_type": .string(modelType),
      "vocab_size": .integer(vocabularySize), "hidden_size": .integer(hiddenSize),
      "word_embed_proj_dim": .integer(embeddingSize), "ffn_dim": .integer(intermediateSize),
      "num_hidden_layers": .integer(layerCount), "num_attention_heads": .integer(headCount),
      "max_position_embeddings": .integer(maximumLength), "activation_function": .string(activation.rawValue),
      "do_layer_norm_before": .bool(normsBefore), "_remove_final_layer_norm": .bool(!keepsFinalNorm),
      "enable_bias": .bool(hasBias), "layer_norm_elementwise_affine": .bool(hasNormParameters),
      "tie_word_embeddings": .bool(tiesWordEmbeddings),
      "bos_token_id": beginningOfSequence.map { .integer(Int($0)) } ?? .null,
      "eos_token_id": JSONValue(tokens: endOfSequence), "pad_token_id": padding.map { .integer(Int($0)) } ?? .null,
      "torch_dtype": .string(dtype.name),
    ]
    return JSONValue.object(members).text(indent: 2) + "\n"
  }
}
