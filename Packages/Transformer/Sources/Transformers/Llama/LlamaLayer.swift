import TuningCore

/// The parameters' names of one transformer layer, made once so that a forward builds no strings.
struct LlamaLayer: Sendable {
  /// A linear layer's parameters.
  struct Linear: Sendable {
    let weight: ParameterPath
    let bias: ParameterPath?

    init(_ name: String, hasBias: Bool) {
      weight = ParameterPath(name + ".weight")
      bias = hasBias ? ParameterPath(name + ".bias") : nil
    }
  }

  let attentionNorm: ParameterPath
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear
  let feedForwardNorm: ParameterPath
  let gate: Linear
  let up: Linear
  let down: Linear

  init(_ number: Int, _ configuration: LlamaConfiguration) {
    let layer = "model.layers.\(number)."
    attentionNorm = ParameterPath(layer + "input_layernorm.weight")
    query = Linear(layer + "self_attn.q_proj", hasBias: configuration.hasAttentionBias)
    key = Linear(layer + "self_attn.k_proj", hasBias: configuration.hasAttentionBias)
    value = Linear(layer + "self_attn.v_proj", hasBias: configuration.hasAttentionBias)
    output = Linear(layer + "self_attn.o_proj", hasBias: configuration.hasAttentionBias)
    feedForwardNorm = ParameterPath(layer + "post_attention_layernorm.weight")
    gate = Linear(layer + "mlp.gate_proj", hasBias: configuration.hasFeedForwardBias)
    up = Linear(layer + "mlp.up_proj", hasBias: configuration.hasFeedForwardBias)
    down = Linear(layer + "mlp.down_proj", hasBias: configuration.hasFeedForwardBias)
  }
}
