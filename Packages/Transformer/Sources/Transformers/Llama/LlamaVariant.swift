/// Layers that see a window of the text. Never a list of all: how many there are a file says.
public enum WindowedLayers: Sendable, Equatable {
  case all
  /// From this one on.
  case from(Int)
  case listed(Set<Int>)

  func contains(_ number: Int) -> Bool {
    switch self {
    case .all: true
    case .from(let first): number >= first
    case .listed(let numbers): numbers.contains(number)
    }
  }
}

/// Families that compute what LLaMA does, under another `model_type`: what they differ in is said by configuration
/// keys of their own, and by defaults.
public enum LlamaVariant: String, Sendable, CaseIterable {
  /// LLaMA 1 to 3, Vicuna, TinyLlama, SmolLM2.
  case llama
  /// Every layer sees `sliding_window` tokens. (Jiang et al. 2023)
  case mistral
  /// Mistral with a window in some layers, by `layer_types`.
  case ministral
  /// Biases on q, k and v; a window in the layers from `max_window_layers` on, where `use_sliding_window` says so.
  case qwen2
  /// Biases on q, k and v, and apart from them on o.
  case seedOSS = "seed_oss"

  /// Name of the model's class in `transformers`.
  var architecture: String {
    switch self {
    case .llama: "LlamaForCausalLM"
    case .mistral: "MistralForCausalLM"
    case .ministral: "MinistralForCausalLM"
    case .qwen2: "Qwen2ForCausalLM"
    case .seedOSS: "SeedOssForCausalLM"
    }
  }

  /// What `transformers` takes where `max_position_embeddings` is absent.
  var defaultLength: Int {
    switch self {
    case .llama: 2048
    case .mistral, .ministral: 131_072
    case .qwen2: 32_768
    case .seedOSS: 524_288
    }
  }

  /// What `transformers` takes where `num_key_value_heads` is absent; nil: one group a head.
  var defaultGroups: Int? {
    switch self {
    case .llama: nil
    case .mistral, .ministral, .seedOSS: 8
    case .qwen2: 32
    }
  }

  /// What `transformers` takes where `head_dim` is absent; nil: the width shared out over the heads.
  var defaultHeadDimension: Int? { self == .seedOSS ? 128 : nil }
}
