import Foundation
import TensorCore
import TuningCore

extension LlamaConfiguration {
  /// From `config.json`, in the spelling of `transformers` 4 (`rope_theta`, `rope_scaling`) or 5 (`rope_parameters`).
  ///
  /// - Throws: `ModelError.invalidConfiguration`, or `.unsupported` for what would change results and is not known.
  init(_ json: JSONObject) throws {
    try LlamaConfiguration.refuseUnsupported(json)
    let hiddenSize = try json.requiredSize("hidden_size"), queries = try json.requiredSize("num_attention_heads")
    let groups = try json.size("num_key_value_heads") ?? queries
    guard queries % groups == 0 else {
      throw json.error("num_key_value_heads", "is \(groups), which does not divide the \(queries) attention heads")
    }
    let dimension = try json.size("head_dim") ?? hiddenSize / queries
    guard try json.size("head_dim") != nil || hiddenSize % queries == 0 else {
      throw json.error("hidden_size", "is \(hiddenSize), no multiple of the \(queries) attention heads")
    }
    guard dimension % 2 == 0, dimension > 0 else {
      throw json.error("head_dim", "is \(dimension): rotary embedding turns pairs, so it must be even")
    }
    let maximumLength = try json.size("max_position_embeddings") ?? 2048
    let rope = try LlamaConfiguration.rope(json, maximumLength: maximumLength)
    self.init(
      vocabularySize: try json.requiredSize("vocab_size"), hiddenSize: hiddenSize,
      intermediateSize: try json.requiredSize("intermediate_size"),
      layerCount: try json.requiredSize("num_hidden_layers"),
      heads: AttentionHeads(queries: queries, groups: groups, dimension: dimension), maximumLength: maximumLength,
      rmsNormEpsilon: try json.positive("rms_norm_eps") ?? 1e-6, ropeTheta: rope.theta, ropeScaling: rope.scaling,
      hasAttentionBias: try json.bool("attention_bias") ?? false,
      hasFeedForwardBias: try json.bool("mlp_bias") ?? false,
      tiesWordEmbeddings: try json.bool("tie_word_embeddings") ?? false,
      beginningOfSequence: try json.tokens("bos_token_id").first, endOfSequence: try json.tokens("eos_token_id"),
      padding: try json.tokens("pad_token_id").first)
  }

  private static func refuseUnsupported(_ json: JSONObject) throws {
    func refuse(_ key: String, _ what: String) -> ModelError {
      ModelError(.unsupported, "\(json.file.path): \(key) \(what)")
    }
    if let activation = try json.string("hidden_act"), activation != "silu", activation != "swish" {
      throw refuse("hidden_act", "is '\(activation)'; this version knows 'silu'")
    }
    if case .array(let names)? = json["architectures"], !names.isEmpty, !names.contains(.string("LlamaForCausalLM")) {
      throw refuse("architectures", "are \(JSONValue.array(names).text()); this version knows LlamaForCausalLM")
    }
    if json["quantization_config"] != nil {
      throw refuse(
        "quantization_config", "is there: quantised safetensors are not read; take the plain weights or a GGUF")
    }
    if let factor = try json.number("partial_rotary_factor"), factor != 1 {
      throw refuse("partial_rotary_factor", "is \(factor); this version turns whole heads only")
    }
    let usesWindow = try json.bool("use_sliding_window") ?? true
    if usesWindow, let window = try json.size("sliding_window"),
      window < (try json.size("max_position_embeddings") ?? 2048)
    {
      throw refuse("sliding_window", "is \(window); this version attends to the whole sequence only")
    }
  }

  /// Precedence as in `transformers` 5: `rope_scaling` before `rope_parameters`; θ within them before `rope_theta`.
  private static func rope(_ json: JSONObject, maximumLength: Int) throws -> (theta: Double, scaling: RopeScaling) {
    let outer = try json.positive("rope_theta")
    let scaling = try json.object("rope_scaling")
    guard let parameters = try scaling.flatMap({ $0.members.isEmpty ? nil : $0 }) ?? json.object("rope_parameters")
    else { return (outer ?? 10000, .none) }
    let theta = try parameters.positive("rope_theta") ?? outer ?? 10000
    if let factor = try parameters.number("partial_rotary_factor"), factor != 1 {
      throw parameters.error("partial_rotary_factor", "is \(factor); this version turns whole heads only")
    }
    func factor(_ key: String) throws -> Double {
      guard let value = try parameters.positive(key) else { throw parameters.error(key, "is missing") }
      return value
    }
    switch try parameters.string("rope_type") ?? parameters.string("type") ?? "default" {
    case "default": return (theta, .none)
    case "linear": return (theta, .linear(factor: try factor("factor")))
    case "llama3":
      let low = try factor("low_freq_factor"), high = try factor("high_freq_factor")
      guard low < high else { throw parameters.error("low_freq_factor", "is \(low), not below \(high)") }
      let originalLength =
        try json.size("original_max_position_embeddings") ?? parameters.size("original_max_position_embeddings")
        ?? maximumLength
      return (
        theta,
        .llama3(
          factor: try factor("factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
          originalLength: originalLength)
      )
    case let other:
      throw ModelError(
        .unsupported,
        "\(json.file.path): rope scaling of type '\(other)' is not supported; this version knows default, linear, llama3"
      )
    }
  }

  public func jsonText(dtype: DType) throws -> String {
    var members: [String: JSONValue] = [
      "architectures": .array([.string("LlamaForCausalLM")]), "model_type": .string(LlamaConfiguration.modelType),
      "vocab_size": .integer(vocabularySize), "hidden_size": .integer(hiddenSize),
      "intermediate_size": .integer(intermediateSize), "num_hidden_layers": .integer(layerCount),
      "num_attention_heads": .integer(heads.queries), "num_key_value_heads": .integer(heads.groups),
      "head_dim": .integer(heads.dimension), "max_position_embeddings": .integer(maximumLength),
      "rms_norm_eps": .number(rmsNormEpsilon), "hidden_act": .string("silu"), "rope_theta": .number(ropeTheta),
      "rope_scaling": try ropeScalingJSON(), "attention_bias": .bool(hasAttentionBias),
      "mlp_bias": .bool(hasFeedForwardBias), "tie_word_embeddings": .bool(tiesWordEmbeddings),
      "bos_token_id": beginningOfSequence.map { .integer(Int($0)) } ?? .null,
      "eos_token_id": LlamaConfiguration.json(endOfSequence), "torch_dtype": .string(dtype.name),
    ]
    if let padding { members["pad_token_id"] = .integer(Int(padding)) }
    return JSONValue.object(members).text(indent: 2) + "\n"
  }

  private static func json(_ tokens: [Int32]) -> JSONValue {
    switch tokens.count {
    case 0: .null
    case 1: .integer(Int(tokens[0]))
    default: .array(tokens.map { .integer(Int($0)) })
    }
  }

  /// In the spelling of `transformers` 4, which 5 reads too; `type` is for versions before 4.43.
  private func ropeScalingJSON() throws -> JSONValue {
    switch ropeScaling {
    case .none: return .null
    case .linear(let factor):
      return .object(["type": .string("linear"), "rope_type": .string("linear"), "factor": .number(factor)])
    case .llama3(let factor, let low, let high, let originalLength):
      return .object([
        "rope_type": .string("llama3"), "factor": .number(factor), "low_freq_factor": .number(low),
        "high_freq_factor": .number(high), "original_max_position_embeddings": .integer(originalLength),
      ])
    case .divisors:
      throw ModelError(
        .unsupported,
        "this model's rotary frequencies came from a GGUF file's rope_freqs.weight and are not those of LLaMA 3: "
          + "config.json has no words for them, so it cannot be saved as a Hugging Face folder")
    }
  }
}

extension JSONObject {
  fileprivate func positive(_ key: String) throws -> Double? {
    guard let value = try number(key) else { return nil }
    guard value > 0 else { throw error(key, "is \(value): expected a number above 0") }
    return value
  }
}
