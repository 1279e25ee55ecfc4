import TensorCore
import TuningCore

extension LlamaConfiguration: GGUFConfiguration {
  static let configurationTensors: Set<String> = ["rope_freqs.weight"]

  /// From the metadata and the tensors of a GGUF file of architecture `llama` or `qwen2`.
  ///
  /// Mistral's files are of architecture `llama`, with or without a key for its window.
  ///
  /// - Throws: `ModelError.invalidConfiguration`, or `.unsupported` for what would change results and is not known.
  init(_ file: GGUFFile, variant: LlamaVariant = .llama) throws {
    let metadata = file.metadata, family = variant.rawValue
    func invalid(_ what: String) -> ModelError { ModelError(.invalidConfiguration, "\(file.url.path): \(what)") }
    if let experts = try metadata.integer("\(family).expert_count"), experts > 0 {
      throw ModelError(.unsupported, "\(file.url.path): a mixture of \(experts) experts; dense models are supported")
    }
    let heads = try LlamaConfiguration.heads(file, family)
    guard
      let vocabularySize = try metadata.strings("tokenizer.ggml.tokens")?.count
        ?? metadata.size("\(family).vocab_size")
    else { throw invalid("neither tokenizer.ggml.tokens nor \(family).vocab_size says how large the vocabulary is") }
    guard let epsilon = try metadata.number("\(family).attention.layer_norm_rms_epsilon"), epsilon > 0 else {
      throw invalid("\(family).attention.layer_norm_rms_epsilon is missing or not above 0")
    }
    let theta = try metadata.number("\(family).rope.freq_base") ?? 10000
    guard theta > 0 else { throw invalid("\(family).rope.freq_base is \(theta)") }
    let maximumLength = try metadata.requiredSize("\(family).context_length")
    let window = try metadata.size("\(family).attention.sliding_window").flatMap { $0 < maximumLength ? $0 : nil }
    let hasBias = variant == .qwen2 || file["blk.0.attn_q.bias"] != nil
    if let window, variant != .llama || hasBias {
      throw ModelError(
        .unsupported,
        "\(file.url.path): \(family).attention.sliding_window is \(window): which layers it is for is not known")
    }
    self.init(
      variant: window == nil ? variant : .mistral, vocabularySize: vocabularySize,
      hiddenSize: try metadata.requiredSize("\(family).embedding_length"),
      intermediateSize: try metadata.requiredSize("\(family).feed_forward_length"),
      layerCount: try metadata.requiredSize("\(family).block_count"), heads: heads, maximumLength: maximumLength,
      rmsNormEpsilon: epsilon, ropeTheta: theta,
      ropeScaling: try LlamaConfiguration.scaling(file, family, dimension: heads.dimension, theta: theta),
      slidingWindow: window, hasAttentionBias: hasBias, hasOutputBias: hasBias && variant == .llama,
      hasFeedForwardBias: file["blk.0.ffn_gate.bias"] != nil, tiesWordEmbeddings: file["output.weight"] == nil,
      beginningOfSequence: try metadata.token("tokenizer.ggml.bos_token_id"),
      endOfSequence: [try metadata.token("tokenizer.ggml.eos_token_id")].compactMap { $0 },
      padding: try metadata.token("tokenizer.ggml.padding_token_id"))
  }

  private static func heads(_ file: GGUFFile, _ family: String) throws -> AttentionHeads {
    let metadata = file.metadata
    let hiddenSize = try metadata.requiredSize("\(family).embedding_length")
    let queries = try metadata.requiredSize("\(family).attention.head_count")
    let groups = try metadata.size("\(family).attention.head_count_kv") ?? queries
    let dimension = try metadata.size("\(family).attention.key_length") ?? hiddenSize / queries
    guard queries % groups == 0, dimension > 0, dimension % 2 == 0 else {
      throw ModelError(
        .invalidConfiguration,
        "\(file.url.path): \(queries) heads of \(dimension) elements in \(groups) groups make no attention layer")
    }
    for key in ["\(family).attention.value_length", "\(family).rope.dimension_count"] {
      if let length = try metadata.size(key), length != dimension {
        throw ModelError(
          .unsupported, "\(file.url.path): \(key) is \(length) for heads of \(dimension); they must be equal")
      }
    }
    return AttentionHeads(queries: queries, groups: groups, dimension: dimension)
  }

  private static func scaling(
    _ file: GGUFFile, _ family: String, dimension: Int, theta: Double
  ) throws -> RopeScaling {
    if let entry = file["rope_freqs.weight"] {
      guard entry.shape == [dimension / 2] else {
        throw ModelError(
          .mismatchedTensors, "\(file.url.path): rope_freqs.weight has shape \(entry.shape), not [\(dimension / 2)]")
      }
      let divisors = try file.tensor("rope_freqs.weight").values
      guard divisors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw ModelError(
          .invalidConfiguration, "\(file.url.path): rope_freqs.weight holds numbers that are not above 0")
      }
      return .recognising(divisors: divisors, theta: theta)
    }
    let metadata = file.metadata
    let factor = try metadata.number("\(family).rope.scaling.factor") ?? metadata.number("\(family).rope.scale_linear")
    switch try metadata.string("\(family).rope.scaling.type") ?? (factor == nil ? "none" : "linear") {
    case "none": return .none
    case "linear":
      guard let factor, factor > 0 else {
        throw ModelError(
          .invalidConfiguration, "\(file.url.path): \(family).rope.scaling.factor is missing or not above 0")
      }
      return factor == 1 ? .none : .linear(factor: factor)
    case let other:
      throw ModelError(
        .unsupported, "\(file.url.path): rope scaling of type '\(other)' is not supported; none and linear are")
    }
  }

  func parameter(ofGGUF name: String) -> (name: String, destination: (@Sendable (Int) -> Int)?)? {
    switch name {
    case "token_embd.weight": return (Llama.embedding.name, nil)
    case "output_norm.weight": return (Llama.norm.name, nil)
    case "output.weight": return (Llama.head.name, nil)
    default: break
    }
    let parts = name.split(separator: ".")
    guard parts.count == 4, parts[0] == "blk", let number = Int(parts[1]), String(number) == parts[1],
      let module = LlamaConfiguration.modules[String(parts[2])]
    else { return nil }
    let path = "model.layers.\(number).\(module).\(parts[3])"
    // In files of architecture llama, rows of q and k stand in the order of interleaved rotary pairs: row 2j + s of a
    // head is row s·D/2 + j here. Others keep Hugging Face's order.
    guard variant != .qwen2, parts[2] == "attn_q" || parts[2] == "attn_k" else { return (path, nil) }
    let dimension = heads.dimension
    return (
      path,
      { row in
        let within = row % dimension
        return row - within + within % 2 * (dimension / 2) + within / 2
      }
    )
  }

  private static let modules = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]
}
