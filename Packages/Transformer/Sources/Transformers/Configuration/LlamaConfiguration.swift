import TensorCore
import TuningCore

/// The shape of a LLaMA-family model: LLaMA 1 to 3, Vicuna, TinyLlama, SmolLM2, Mistral, Qwen2 and what else computes
/// the same.
public struct LlamaConfiguration: ModelConfiguration, Equatable {
  /// Under which `model_type` it goes.
  public var variant: LlamaVariant
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
  /// f of the feed-forward layer: `hidden_act`.
  public var activation: Activation
  /// Tokens that a layer of `windowedLayers` sees of those up to its own; nil: all.
  public var slidingWindow: Int?
  /// The layers that see a window only, where there is one.
  public var windowedLayers: WindowedLayers
  /// Whether q, k and v have biases.
  public var hasAttentionBias: Bool
  /// Whether o has a bias.
  public var hasOutputBias: Bool
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

  /// With the defaults of `transformers` for LLaMA.
  ///
  /// - Parameter hasOutputBias: nil stands for `hasAttentionBias`.
  public init(
    variant: LlamaVariant = .llama, vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int,
    heads: AttentionHeads,
    maximumLength: Int = 2048, rmsNormEpsilon: Double = 1e-6, ropeTheta: Double = 10000,
    ropeScaling: RopeScaling = .none, activation: Activation = .silu, slidingWindow: Int? = nil,
    windowedLayers: WindowedLayers = .all, hasAttentionBias: Bool = false, hasOutputBias: Bool? = nil,
    hasFeedForwardBias: Bool = false,
    tiesWordEmbeddings: Bool = false, beginningOfSequence: Int32? = 1, endOfSequence: [Int32] = [2],
    padding: Int32? = nil
  ) {
    self.variant = variant
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.heads = heads
    self.maximumLength = maximumLength
    self.rmsNormEpsilon = rmsNormEpsilon
    self.ropeTheta = ropeTheta
    self.ropeScaling = ropeScaling
    self.activation = activation
    self.slidingWindow = slidingWindow
    self.windowedLayers = windowedLayers
    self.hasAttentionBias = hasAttentionBias
    self.hasOutputBias = hasOutputBias ?? hasAttentionBias
    self.hasFeedForwardBias = hasFeedForwardBias
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.padding = padding
  }

  public var modelType: String { variant.rawValue }
  public var basePrefix: String? { "model" }

  /// Tokens that layer `number` sees of those up to its own; nil: all.
  public func window(ofLayer number: Int) -> Int? { windowedLayers.contains(number) ? slidingWindow : nil }

  public var untied: (any ModelConfiguration)? {
    guard tiesWordEmbeddings else { return nil }
    var other = self
    other.tiesWordEmbeddings = false
    return other
  }

  public func makeModel() -> any LanguageModel { Llama(self) }

  public var parameters: [ParameterSpecification] {
    let queryWidth = heads.queries * heads.dimension, keyWidth = heads.groups * heads.dimension
    var result = [
      ParameterSpecification(path: Llama.embedding, shape: [vocabularySize, hiddenSize], role: .embedding)
    ]
    func linear(_ layer: LinearPaths, _ outputs: Int, _ inputs: Int) {
      result += layer.specifications(outputs: outputs, inputs: inputs)
    }
    func norm(_ weight: ParameterPath) {
      result.append(ParameterSpecification(path: weight, shape: [hiddenSize], role: .norm))
    }
    for number in 0..<layerCount {
      let layer = LlamaLayer(number, self)
      norm(layer.attentionNorm)
      linear(layer.query, queryWidth, hiddenSize)
      linear(layer.key, keyWidth, hiddenSize)
      linear(layer.value, keyWidth, hiddenSize)
      linear(layer.output, hiddenSize, queryWidth)
      norm(layer.feedForwardNorm)
      linear(layer.gate, intermediateSize, hiddenSize)
      linear(layer.up, intermediateSize, hiddenSize)
      linear(layer.down, hiddenSize, intermediateSize)
    }
    norm(Llama.norm)
    if !tiesWordEmbeddings {
      result.append(ParameterSpecification(path: Llama.head, shape: [vocabularySize, hiddenSize], role: .linear))
    }
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
