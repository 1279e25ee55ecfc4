import TensorCore
import TuningCore

/// OPT (Zhang et al. 2022), defined once for every evaluator:
///
///     h ← h + Attention(LayerNorm(h)),  h ← h + W₂ f(W₁ LayerNorm(h) + b₁) + b₂
///
/// layer by layer, from embeddings and learned positions, and a last LayerNorm; where `normsBefore` is false, each norm
/// comes after its sum, and no last one.
public struct OPT: LanguageModel {
  static let embedding: ParameterPath = "model.decoder.embed_tokens.weight"
  static let positions: ParameterPath = "model.decoder.embed_positions.weight"
  static let projectIn = LinearPaths("model.decoder.project_in", hasBias: false)
  static let projectOut = LinearPaths("model.decoder.project_out", hasBias: false)
  static let head: ParameterPath = "lm_head.weight"
  /// Rows of the position table before that of position 0.
  static let positionOffset = 2
  /// What torch's LayerNorm adds to the variance.
  static let epsilon: Float = 1e-5

  static func finalNorm(_ configuration: OPTConfiguration) -> LayerNormPaths {
    LayerNormPaths("model.decoder.final_layer_norm", isAffine: configuration.hasNormParameters)
  }

  /// The model's shape.
  public let configuration: OPTConfiguration
  private let layers: [OPTLayer]
  private let finalNorm: LayerNormPaths?
  private let heads: AttentionHeads

  /// The model of this shape; it holds no weights.
  public init(_ configuration: OPTConfiguration) {
    self.configuration = configuration
    layers = (0..<configuration.layerCount).map { OPTLayer($0, configuration) }
    finalNorm = configuration.hasFinalNorm ? OPT.finalNorm(configuration) : nil
    heads = AttentionHeads(
      queries: configuration.headCount, groups: configuration.headCount,
      dimension: configuration.hiddenSize / configuration.headCount)
  }

  public var vocabularySize: Int { configuration.vocabularySize }
  public var maximumLength: Int { configuration.maximumLength }
  public var blockCount: Int { layers.count }
  public var cacheShape: (layers: Int, width: Int)? { (layers.count, configuration.hiddenSize) }
  public var tokenTable: ParameterPath? { OPT.embedding }
  public var untiedTable: ParameterPath? { configuration.tiesWordEmbeddings ? OPT.head : nil }
  public var head: OutputHead? {
    OutputHead(.nextToken, table: configuration.tiesWordEmbeddings ? OPT.embedding : OPT.head, count: vocabularySize)
  }

  public func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    var embedded = evaluator.embedding(context, table: OPT.embedding, in: state)
    if configuration.hasProjections { embedded = evaluator.linear(consume embedded, OPT.projectIn, in: state) }
    let positions = evaluator.embedding(
      context.layout.positions.map { $0 + Int32(OPT.positionOffset) }, table: state.parameters.require(OPT.positions))
    return evaluator.add(consume embedded, consume positions, scale: 1)
  }

  public func block<E: Evaluator>(
    _ index: Int, _ hidden: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    let layer = layers[index]
    func normed(_ x: E.Value, _ norm: LayerNormPaths, _ applies: Bool) -> E.Value {
      applies ? evaluator.layerNorm(x, norm, epsilon: OPT.epsilon, in: state) : x
    }
    let before = configuration.normsBefore
    let input = normed(hidden, layer.attentionNorm, before)
    // Keys and values need every row; after attention only the rows asked for go on.
    var attended = evaluator.attention(
      queries: evaluator.linear(input, layer.query, in: state), keys: evaluator.linear(input, layer.key, in: state),
      values: evaluator.linear(input, layer.value, in: state), heads: heads, pattern: .causal(),
      layout: context.layout, cache: cache, layer: index, in: state)
    if let rows {
      attended = evaluator.gather(attended, rows: rows)
      hidden = evaluator.gather(hidden, rows: rows)
    }
    hidden = evaluator.add(
      consume hidden, evaluator.linear(consume attended, layer.output, in: state), scale: 1)
    hidden = normed(hidden, layer.attentionNorm, !before)
    let up = evaluator.linear(normed(hidden, layer.feedForwardNorm, before), layer.up, in: state)
    let update = evaluator.linear(
      evaluator.activate(configuration.activation, consume up), layer.down, in: state)
    hidden = evaluator.add(consume hidden, consume update, scale: 1)
    return normed(hidden, layer.feedForwardNorm, !before)
  }

  public func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    if let finalNorm { hidden = evaluator.layerNorm(hidden, finalNorm, epsilon: OPT.epsilon, in: state) }
    return configuration.hasProjections ? evaluator.linear(hidden, OPT.projectOut, in: state) : hidden
  }
}

/// The parameters' names of one transformer layer, made once so that a forward builds no strings.
struct OPTLayer: Sendable {
  let key: LinearPaths
  let value: LinearPaths
  let query: LinearPaths
  let output: LinearPaths
  let attentionNorm: LayerNormPaths
  let up: LinearPaths
  let down: LinearPaths
  let feedForwardNorm: LayerNormPaths

  init(_ number: Int, _ configuration: OPTConfiguration) {
    func linear(_ name: String) -> LinearPaths {
      LinearPaths("model.decoder.layers.\(number)." + name, hasBias: configuration.hasBias)
    }
    func norm(_ name: String) -> LayerNormPaths {
      LayerNormPaths("model.decoder.layers.\(number)." + name, isAffine: configuration.hasNormParameters)
    }
    key = linear("self_attn.k_proj")
    value = linear("self_attn.v_proj")
    query = linear("self_attn.q_proj")
    output = linear("self_attn.out_proj")
    attentionNorm = norm("self_attn_layer_norm")
    up = linear("fc1")
    down = linear("fc2")
    feedForwardNorm = norm("final_layer_norm")
  }
}
