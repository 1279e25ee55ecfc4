import TensorCore
import TuningCore

/// The shape of a BERT-family model: BERT, RoBERTa, XLM-RoBERTa, CamemBERT, with one of their heads or none.
public struct BertConfiguration: ModelConfiguration, Equatable {
  /// What follows hidden states.
  public enum Head: Sendable, Equatable {
    /// Nothing; with or without the layer that makes one vector of a text's first hidden state.
    case none(hasPooler: Bool)
    /// Probabilities of tokens in their own places.
    case maskedLM
    /// Probabilities of labels with these names.
    case classification(labels: [String])
  }

  /// Under which `model_type` it goes.
  public var variant: BertVariant
  /// V: number of token ids.
  public var vocabularySize: Int
  /// C: elements of a hidden state.
  public var hiddenSize: Int
  /// F: elements of the feed-forward layer.
  public var intermediateSize: Int
  /// Number of transformer layers.
  public var layerCount: Int
  /// Attention heads; they divide C.
  public var headCount: Int
  /// Rows of the position table: `max_position_embeddings`.
  public var positionCount: Int
  /// Rows of the table that tells texts of a pair apart: `type_vocab_size`.
  public var tokenTypeCount: Int
  /// f of the feed-forward layer: `hidden_act`.
  public var activation: Activation
  /// Added to the variance in every norm.
  public var layerNormEpsilon: Double
  /// Standard deviation of new weights.
  public var initializerRange: Double
  /// Whether the embedding is the masked-LM head's table too.
  public var tiesWordEmbeddings: Bool
  /// What follows hidden states.
  public var head: Head
  /// `bos_token_id`.
  public var beginningOfSequence: Int32?
  /// `eos_token_id`: one, several or none.
  public var endOfSequence: [Int32]
  /// `pad_token_id`: RoBERTa's positions begin after it.
  public var padding: Int32

  /// With the defaults of `transformers`; `padding` nil stands for the variant's own.
  public init(
    variant: BertVariant, vocabularySize: Int, hiddenSize: Int = 768, intermediateSize: Int = 3072,
    layerCount: Int = 12, headCount: Int = 12, positionCount: Int = 512, tokenTypeCount: Int = 2,
    activation: Activation = .gelu, layerNormEpsilon: Double = 1e-12, initializerRange: Double = 0.02,
    tiesWordEmbeddings: Bool = true, head: Head = .maskedLM, beginningOfSequence: Int32? = nil,
    endOfSequence: [Int32] = [], padding: Int32? = nil
  ) {
    self.variant = variant
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.positionCount = positionCount
    self.tokenTypeCount = tokenTypeCount
    self.activation = activation
    self.layerNormEpsilon = layerNormEpsilon
    self.initializerRange = initializerRange
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.head = head
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.padding = padding ?? (variant == .bert ? 0 : 1)
  }

  public var modelType: String { variant.rawValue }
  public var basePrefix: String? { variant.prefix }
  public var maximumLength: Int { positionCount - positionOffset }
  /// The position table's row of a text's first token.
  var positionOffset: Int { variant == .bert ? 0 : Int(padding) + 1 }

  public func makeModel() -> any LanguageModel { Bert(self) }

  public var parameters: [ParameterSpecification] {
    let paths = BertPaths(variant)
    func table(_ path: ParameterPath, _ rows: Int) -> ParameterSpecification {
      ParameterSpecification(path: path, shape: [rows, hiddenSize], role: .embedding)
    }
    var result = [
      table(paths.words, vocabularySize), table(paths.positions, positionCount), table(paths.types, tokenTypeCount),
    ]
    result += paths.embeddingNorm.specifications(width: hiddenSize)
    for number in 0..<layerCount {
      let layer = BertLayer(number, variant)
      for projection in [layer.query, layer.key, layer.value, layer.output] {
        result += projection.specifications(outputs: hiddenSize, inputs: hiddenSize)
      }
      result += layer.attentionNorm.specifications(width: hiddenSize)
      result += layer.up.specifications(outputs: intermediateSize, inputs: hiddenSize)
      result += layer.down.specifications(outputs: hiddenSize, inputs: intermediateSize)
      result += layer.feedForwardNorm.specifications(width: hiddenSize)
    }
    return result + headParameters
  }

  private var headParameters: [ParameterSpecification] {
    let paths = BertPaths(variant)
    switch head {
    case .none(let hasPooler):
      return hasPooler ? paths.pooler.specifications(outputs: hiddenSize, inputs: hiddenSize) : []
    case .maskedLM:
      let transform =
        paths.transform.specifications(outputs: hiddenSize, inputs: hiddenSize)
        + paths.transformNorm.specifications(width: hiddenSize)
      let decoder = paths.decoder.specifications(outputs: vocabularySize, inputs: hiddenSize)
      return transform
        + (tiesWordEmbeddings
          ? [ParameterSpecification(path: paths.decoderBias, shape: [vocabularySize], role: .bias)] : decoder)
    case .classification(let labels):
      return paths.classifierDense.specifications(outputs: hiddenSize, inputs: hiddenSize)
        + paths.classifier.specifications(outputs: labels.count, inputs: hiddenSize)
    }
  }

  public var redundantTensors: [String: [Int]] {
    let paths = BertPaths(variant)
    // Written by old versions of transformers: 0, 1, 2...
    var tensors = [variant.prefix + ".embeddings.position_ids": [1, positionCount]]
    func add(_ specifications: [ParameterSpecification]) {
      for specification in specifications { tensors[specification.path.name] = specification.shape }
    }
    switch head {
    case .none: break
    case .maskedLM:
      add(paths.decoder.specifications(outputs: vocabularySize, inputs: hiddenSize))
      tensors[paths.decoderBias.name] = [vocabularySize]
      // Whether a sentence follows another was pre-training's other question.
      add(paths.pooler.specifications(outputs: hiddenSize, inputs: hiddenSize))
      if variant == .bert { add(LinearPaths("cls.seq_relationship").specifications(outputs: 2, inputs: hiddenSize)) }
    case .classification: add(paths.pooler.specifications(outputs: hiddenSize, inputs: hiddenSize))
    }
    return tensors
  }

  public var tiedTensors: [String: String] {
    guard head == .maskedLM, tiesWordEmbeddings else { return [:] }
    let paths = BertPaths(variant)
    var tied = [paths.decoder.weight.name: paths.words.name]
    if let bias = paths.decoder.bias { tied[bias.name] = paths.decoderBias.name }
    return tied
  }
}
