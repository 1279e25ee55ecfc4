import TuningCore

/// The names of a model's parameters outside its layers.
struct BertPaths: Sendable {
  let words: ParameterPath
  let positions: ParameterPath
  let types: ParameterPath
  let embeddingNorm: LayerNormPaths
  /// Of the masked-LM head: a layer, its norm, and the table with its bias; tied, the bias has a name of its own.
  let transform: LinearPaths
  let transformNorm: LayerNormPaths
  let decoder: LinearPaths
  let decoderBias: ParameterPath
  /// Makes one vector of a text's first hidden state.
  let pooler: LinearPaths
  /// Of the classification head: what makes the vector, and the table of labels.
  let classifierDense: LinearPaths
  let classifier: LinearPaths

  init(_ variant: BertVariant) {
    let embeddings = variant.prefix + ".embeddings."
    words = ParameterPath(embeddings + "word_embeddings.weight")
    positions = ParameterPath(embeddings + "position_embeddings.weight")
    types = ParameterPath(embeddings + "token_type_embeddings.weight")
    embeddingNorm = LayerNormPaths(embeddings + "LayerNorm")
    pooler = LinearPaths(variant.prefix + ".pooler.dense")
    if variant == .bert {
      transform = LinearPaths("cls.predictions.transform.dense")
      transformNorm = LayerNormPaths("cls.predictions.transform.LayerNorm")
      decoder = LinearPaths("cls.predictions.decoder")
      decoderBias = "cls.predictions.bias"
      classifierDense = pooler
      classifier = LinearPaths("classifier")
    } else {
      transform = LinearPaths("lm_head.dense")
      transformNorm = LayerNormPaths("lm_head.layer_norm")
      decoder = LinearPaths("lm_head.decoder")
      decoderBias = "lm_head.bias"
      classifierDense = LinearPaths("classifier.dense")
      classifier = LinearPaths("classifier.out_proj")
    }
  }
}

/// The parameters' names of one transformer layer, made once so that a forward builds no strings.
struct BertLayer: Sendable {
  let query: LinearPaths
  let key: LinearPaths
  let value: LinearPaths
  let output: LinearPaths
  let attentionNorm: LayerNormPaths
  let up: LinearPaths
  let down: LinearPaths
  let feedForwardNorm: LayerNormPaths

  init(_ number: Int, _ variant: BertVariant) {
    let layer = "\(variant.prefix).encoder.layer.\(number)."
    query = LinearPaths(layer + "attention.self.query")
    key = LinearPaths(layer + "attention.self.key")
    value = LinearPaths(layer + "attention.self.value")
    output = LinearPaths(layer + "attention.output.dense")
    attentionNorm = LayerNormPaths(layer + "attention.output.LayerNorm")
    up = LinearPaths(layer + "intermediate.dense")
    down = LinearPaths(layer + "output.dense")
    feedForwardNorm = LayerNormPaths(layer + "output.LayerNorm")
  }
}
