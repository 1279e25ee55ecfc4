import TensorCore
import TuningCore

/// The shape of a LLaMA-family model: LLaMA 1 to 3, Vicuna, TinyLlama, SmolLM2 and whatever else says `"llama"`.
public struct LlamaConfiguration: ModelConfiguration, Equatable {
  public static let modelType = "llama"
  public static let basePrefix: String? = "model"

  /// V: number of token ids.
  public var vocabularySize: Int
  /// C: elements of a hidden state.
  public var hiddenSize: Int
  /// F: elements of the feed-forward layer.
  public var intermediateSize: Int
  /// Number of transformer layers.
  public var layerCount: Int
  /// Query heads, their groups of shared keys and values, and elements of a head.
  public var heads: AttentionHeads
  /// Most tokens in a sequence: `max_position_embeddings`.
  public var maximumLength: Int
  /// Added to the mean square in every norm.
  public var rmsNormEpsilon: Double
  /// Base of the rotary frequencies.
  public var ropeTheta: Double
  /// What the rotary frequencies are changed by.
  public var ropeScaling: RopeScaling
  /// Whether q, k, v and o have biases.
  public var hasAttentionBias: Bool
  /// Whether gate, up and down have biases.
  public var hasFeedForwardBias: Bool
  /// Whether the embedding is the output table too.
  public var tiesWordEmbeddings: Bool
  /// `bos_token_id`.
  public var beginningOfSequence: Int32?
  /// `eos_token_id`: one, several or none.
  public var endOfSequence: [Int32]
  /// `pad_token_id`.
  public var padding: Int32?

  /// With the defaults of `transformers`.
  public init(
    vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, heads: AttentionHeads,
    maximumLength: Int = 2048, rmsNormEpsilon: Double = 1e-6, ropeTheta: Double = 10000,
    ropeScaling: RopeScaling = .none, hasAttentionBias: Bool = false, hasFeedForwardBias: Bool = false,
    tiesWordEmbeddings: Bool = false, beginningOfSequence: Int32? = 1, endOfSequence: [Int32] = [2],
    padding: Int32? = nil
  ) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.heads = heads
    self.maximumLength = maximumLength
    self.rmsNormEpsilon = rmsNormEpsilon
    self.ropeTheta = ropeTheta
    self.ropeScaling = ropeScaling
    self.hasAttentionBias = hasAttentionBias
    self.hasFeedForwardBias = hasFeedForwardBias
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.padding = padding
  }

  public func makeModel() -> any LanguageModel { Llama(self) }

  public var parameters: [ParameterSpecification] {
    let queryWidth = heads.queries * heads.dimension, keyWidth = heads.groups * heads.dimension
    var result = [
      ParameterSpecification(path: Llama.embedding, shape: [vocabularySize, hiddenSize], role: .embedding)
    ]
    func linear(_ weight: ParameterPath, _ bias: ParameterPath?, _ outputs: Int, _ inputs: Int) {
      result.append(ParameterSpecification(path: weight, shape: [outputs, inputs], role: .linear))
      if let bias { result.append(ParameterSpecification(path: bias, shape: [outputs], role: .bias)) }
    }
    func norm(_ weight: ParameterPath) {
      result.append(ParameterSpecification(path: weight, shape: [hiddenSize], role: .norm))
    }
    for number in 0..<layerCount {
      let layer = LlamaLayer(number, self)
      norm(layer.attentionNorm)
      linear(layer.query.weight, layer.query.bias, queryWidth, hiddenSize)
      linear(layer.key.weight, layer.key.bias, keyWidth, hiddenSize)
      linear(layer.value.weight, layer.value.bias, keyWidth, hiddenSize)
      linear(layer.output.weight, layer.output.bias, hiddenSize, queryWidth)
      norm(layer.feedForwardNorm)
      linear(layer.gate.weight, layer.gate.bias, intermediateSize, hiddenSize)
      linear(layer.up.weight, layer.up.bias, intermediateSize, hiddenSize)
      linear(layer.down.weight, layer.down.bias, hiddenSize, intermediateSize)
    }
    norm(Llama.norm)
    if !tiesWordEmbeddings { linear(Llama.head, nil, vocabularySize, hiddenSize) }
    return result
  }

  public var redundantTensors: [String: [Int]] {
    // Written by old versions of transformers: they follow from the configuration.
    var tensors = ["model.rotary_emb.inv_freq": [heads.dimension / 2]]
    for number in 0..<layerCount {
      tensors["model.layers.\(number).self_attn.rotary_emb.inv_freq"] = [heads.dimension / 2]
    }
    for name in tiedTensors.keys { tensors[name] = [vocabularySize, hiddenSize] }
    return tensors
  }

  public var tiedTensors: [String: String] { tiesWordEmbeddings ? [Llama.head.name: Llama.embedding.name] : [:] }
}
