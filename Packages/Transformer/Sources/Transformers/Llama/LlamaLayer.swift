import TuningCore

/// The parameters' names of one transformer layer, made once so that a forward builds no strings.
struct LlamaLayer: Sendable {
  let attentionNorm: ParameterPath
  let query: LinearPaths
  let key: LinearPaths
  let value: LinearPaths
  let output: LinearPaths
  let feedForwardNorm: ParameterPath
  let gate: LinearPaths
  let up: LinearPaths
  let down: LinearPaths

  init(_ number: Int, _ configuration: LlamaConfiguration) {
    let layer = "model.layers.\(number)."
    attentionNorm = ParameterPath(layer + "input_layernorm.weight")
    query = LinearPaths(layer + "self_attn.q_proj", hasBias: configuration.hasAttentionBias)
    key = LinearPaths(layer + "self_attn.k_proj", hasBias: configuration.hasAttentionBias)
    value = LinearPaths(layer + "self_attn.v_proj", hasBias: configuration.hasAttentionBias)
    output = LinearPaths(layer + "self_attn.o_proj", hasBias: configuration.hasOutputBias)
    feedForwardNorm = ParameterPath(layer + "post_attention_layernorm.weight")
    gate = LinearPaths(layer + "mlp.gate_proj", hasBias: configuration.hasFeedForwardBias)
    up = LinearPaths(layer + "mlp.up_proj", hasBias: configuration.hasFeedForwardBias)
    down = LinearPaths(layer + "mlp.down_proj", hasBias: configuration.hasFeedForwardBias)
  }
}
