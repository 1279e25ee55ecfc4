import TensorCore
import TuningCore

extension LlamaConfiguration: GGUFConfiguration {
  static let configurationTensors: Set<String> = ["rope_freqs.weight"]

  /// From the metadata and the tensors of a GGUF file of architecture `llama`.
  ///
  /// - Throws: `ModelError.invalidConfiguration`, or `.unsupported` for what would change results and is not known.
  init(_ file: GGUFFile) throws {
    let metadata = file.metadata
    func invalid(_ what: String) -> ModelError { ModelError(.invalidConfiguration, "\(file.url.path): \(what)") }
    if let experts = try metadata.integer("llama.expert_count"), experts > 0 {
      throw ModelError(.unsupported, "\(file.url.path): a mixture of \(experts) experts; dense models are supported")
    }
    let hiddenSize = try metadata.requiredSize("llama.embedding_length")
    let queries = try metadata.requiredSize("llama.attention.head_count")
    let groups = try metadata.size("llama.attention.head_count_kv") ?? queries
    let dimension = try metadata.size("llama.attention.key_length") ?? hiddenSize / queries
    guard queries % groups == 0, dimension > 0, dimension % 2 == 0 else {
      throw invalid("\(queries) heads of \(dimension) elements in \(groups) groups make no attention layer")
    }
    for key in ["llama.attention.value_length", "llama.rope.dimension_count"] {
      if let length = try metadata.size(key), length != dimension {
        throw ModelError(
          .unsupported, "\(file.url.path): \(key) is \(length) for heads of \(dimension); they must be equal")
      }
    }
    guard let vocabularySize = try metadata.strings("tokenizer.ggml.tokens")?.count ?? metadata.size("llama.vocab_size")
    else { throw invalid("neither tokenizer.ggml.tokens nor llama.vocab_size says how large the vocabulary is") }
    guard let epsilon = try metadata.number("llama.attention.layer_norm_rms_epsilon"), epsilon > 0 else {
      throw invalid("llama.attention.layer_norm_rms_epsilon is missing or not above 0")
    }
    let theta = try metadata.number("llama.rope.freq_base") ?? 10000
    guard theta > 0 else { throw invalid("llama.rope.freq_base is \(theta)") }
    self.init(
      vocabularySize: vocabularySize, hiddenSize: hiddenSize,
      intermediateSize: try metadata.requiredSize("llama.feed_forward_length"),
      layerCount: try metadata.requiredSize("llama.block_count"),
      heads: AttentionHeads(queries: queries, groups: groups, dimension: dimension),
      maximumLength: try metadata.requiredSize("llama.context_length"), rmsNormEpsilon: epsilon, ropeTheta: theta,
      ropeScaling: try LlamaConfiguration.scaling(file, dimension: dimension, theta: theta),
      hasAttentionBias: file["blk.0.attn_q.bias"] != nil, hasFeedForwardBias: file["blk.0.ffn_gate.bias"] != nil,
      tiesWordEmbeddings: file["output.weight"] == nil,
      beginningOfSequence: try metadata.token("tokenizer.ggml.bos_token_id"),
      endOfSequence: [try metadata.token("tokenizer.ggml.eos_token_id")].compactMap { $0 },
      padding: try metadata.token("tokenizer.ggml.padding_token_id"))
  }

  private static func scaling(_ file: GGUFFile, dimension: Int, theta: Double) throws -> RopeScaling {
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
    let factor = try metadata.number("llama.rope.scaling.factor") ?? metadata.number("llama.rope.scale_linear")
    switch try metadata.string("llama.rope.scaling.type") ?? (factor == nil ? "none" : "linear") {
    case "none": return .none
    case "linear":
      guard let factor, factor > 0 else {
        throw ModelError(.invalidConfiguration, "\(file.url.path): llama.rope.scaling.factor is missing or not above 0")
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
    // Rows of q and k stand in the order of interleaved rotary pairs: row 2j + s of a head is row s·D/2 + j here.
    guard parts[2] == "attn_q" || parts[2] == "attn_k" else { return (path, nil) }
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
