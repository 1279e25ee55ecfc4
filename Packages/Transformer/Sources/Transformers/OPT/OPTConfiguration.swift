import TensorCore
import TuningCore

/// The shape of an OPT model, every size of it: 350m norms after its layers and has narrower embeddings, the others
/// norm before.
public struct OPTConfiguration: ModelConfiguration, Equatable {
  static let modelType = "opt"
  static let architecture = "OPTForCausalLM"

  /// V: number of token ids.
  public var vocabularySize: Int
  /// C: elements of a hidden state.
  public var hiddenSize: Int
  /// E: elements of an embedding; where it is not C, projections lead in and out: `word_embed_proj_dim`.
  public var embeddingSize: Int
  /// F: elements of the feed-forward layer.
  public var intermediateSize: Int
  /// Number of transformer layers.
  public var layerCount: Int
  /// Attention heads; they divide C.
  public var headCount: Int
  /// Most tokens in a sequence: `max_position_embeddings`.
  public var maximumLength: Int
  /// f of the feed-forward layer: `activation_function`.
  public var activation: Activation
  /// Whether layers norm their input, not their sum: `do_layer_norm_before`.
  public var normsBefore: Bool
  /// Whether a norm follows the last layer, where layers norm their input: not `_remove_final_layer_norm`.
  public var keepsFinalNorm: Bool
  /// Whether linear layers have biases: `enable_bias`.
  public var hasBias: Bool
  /// Whether norms have weights and biases: `layer_norm_elementwise_affine`.
  public var hasNormParameters: Bool
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
    vocabularySize: Int = 50272, hiddenSize: Int = 768, embeddingSize: Int? = nil, intermediateSize: Int = 3072,
    layerCount: Int = 12, headCount: Int = 12, maximumLength: Int = 2048, activation: Activation = .relu,
    normsBefore: Bool = true, keepsFinalNorm: Bool = true, hasBias: Bool = true, hasNormParameters: Bool = true,
    tiesWordEmbeddings: Bool = true, beginningOfSequence: Int32? = 2, endOfSequence: [Int32] = [2],
    padding: Int32? = 1
  ) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.embeddingSize = embeddingSize ?? hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.maximumLength = maximumLength
    self.activation = activation
    self.normsBefore = normsBefore
    self.keepsFinalNorm = keepsFinalNorm
    self.hasBias = hasBias
    self.hasNormParameters = hasNormParameters
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.padding = padding
  }

  public var modelType: String { OPTConfiguration.modelType }
  public var basePrefix: String? { "model" }
  var hasFinalNorm: Bool { normsBefore && keepsFinalNorm }
  var hasProjections: Bool { embeddingSize != hiddenSize }

  public var untied: (any ModelConfiguration)? {
    guard tiesWordEmbeddings else { return nil }
    var other = self
    other.tiesWordEmbeddings = false
    return other
  }

  public func makeModel() -> any LanguageModel { OPT(self) }

  public var parameters: [ParameterSpecification] {
    var result = [
      ParameterSpecification(path: OPT.embedding, shape: [vocabularySize, embeddingSize], role: .embedding),
      ParameterSpecification(
        path: OPT.positions, shape: [maximumLength + OPT.positionOffset, hiddenSize], role: .embedding),
    ]
    if hasProjections {
      result += OPT.projectOut.specifications(outputs: embeddingSize, inputs: hiddenSize)
      result += OPT.projectIn.specifications(outputs: hiddenSize, inputs: embeddingSize)
    }
    if hasFinalNorm { result += OPT.finalNorm(self).specifications(width: hiddenSize) }
    for number in 0..<layerCount {
      let layer = OPTLayer(number, self)
      for projection in [layer.key, layer.value, layer.query, layer.output] {
        result += projection.specifications(outputs: hiddenSize, inputs: hiddenSize)
      }
      result += layer.attentionNorm.specifications(width: hiddenSize)
      result += layer.up.specifications(outputs: intermediateSize, inputs: hiddenSize)
      result += layer.down.specifications(outputs: hiddenSize, inputs: intermediateSize)
      result += layer.feedForwardNorm.specifications(width: hiddenSize)
    }
    if !tiesWordEmbeddings {
      result.append(ParameterSpecification(path: OPT.head, shape: [vocabularySize, embeddingSize], role: .linear))
    }
    return result
  }

  public var redundantTensors: [String: [Int]] {
    // The version is a number that old checkpoints carry along.
    tiedTensors.mapValues { _ in [vocabularySize, embeddingSize] }.merging(["model.decoder.version": [1]]) { $1 }
  }

  public var tiedTensors: [String: String] { tiesWordEmbeddings ? [OPT.head.name: OPT.embedding.name] : [:] }
}
