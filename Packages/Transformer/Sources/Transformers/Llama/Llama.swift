import TensorCore
import TuningCore

/// The LLaMA family (Touvron et al. 2023; Grattafiori et al. 2024), defined once for every evaluator:
///
///     h ← h + Attention(RMSNorm(h)),  h ← h + W_down(f(W_gate x) · W_up x) with x = RMSNorm(h),
///
/// layer by layer, and a last RMSNorm. Its variants, Mistral among them, see a window of the text in some layers.
public struct Llama: LanguageModel {
  static let embedding: ParameterPath = "model.embed_tokens.weight"
  static let norm: ParameterPath = "model.norm.weight"
  static let head: ParameterPath = "lm_head.weight"

  /// The model's shape.
  public let configuration: LlamaConfiguration
  private let layers: [LlamaLayer]
  private let inverseFrequencies: [Float]
  private let epsilon: Float

  /// The model of this shape; it holds no weights.
  public init(_ configuration: LlamaConfiguration) {
    self.configuration = configuration
    layers = (0..<configuration.layerCount).map { LlamaLayer($0, configuration) }
    inverseFrequencies = configuration.ropeScaling.inverseFrequencies(
      dimension: configuration.heads.dimension, theta: configuration.ropeTheta)
    epsilon = Float(configuration.rmsNormEpsilon)
  }

  public var vocabularySize: Int { configuration.vocabularySize }
  public var maximumLength: Int { configuration.maximumLength }
  public var blockCount: Int { layers.count }
  public var cacheShape: (layers: Int, width: Int)? {
    (layers.count, configuration.heads.groups * configuration.heads.dimension)
  }
  public var tokenTable: ParameterPath? { Llama.embedding }
  public var untiedTable: ParameterPath? { configuration.tiesWordEmbeddings ? Llama.head : nil }
  public var head: OutputHead? {
    OutputHead(
      .nextToken, table: configuration.tiesWordEmbeddings ? Llama.embedding : Llama.head, count: vocabularySize)
  }

  public func context(of tokens: [Int32], layout: SequenceLayout) -> SequenceContext {
    SequenceContext(
      tokens: tokens, layout: layout,
      angles: RotaryAngles(positions: layout.positions, inverseFrequencies: inverseFrequencies))
  }

  public func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    evaluator.embedding(context, table: Llama.embedding, in: state)
  }

  public func block<E: Evaluator>(
    _ index: Int, _ hidden: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    let layer = layers[index]
    let pass = LlamaPass(
      number: index, configuration: configuration, window: configuration.window(ofLayer: index), epsilon: epsilon,
      context: context, state: state, evaluator: evaluator)
    // Keys and values need every row; after attention only the rows asked for go on.
    var attended = pass.attention(hidden, layer, cache: cache)
    if let rows {
      attended = evaluator.gather(attended, rows: rows)
      hidden = evaluator.gather(hidden, rows: rows)
    }
    hidden = evaluator.add(consume hidden, evaluator.linear(consume attended, layer.output, in: state), scale: 1)
    let update = pass.feedForward(hidden, layer)
    return evaluator.add(consume hidden, consume update, scale: 1)
  }

  public func finish<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    evaluator.rmsNorm(hidden, weight: state.parameters.require(Llama.norm), epsilon: epsilon)
  }
}

/// A block of one forward.
private struct LlamaPass<E: Evaluator> {
  let number: Int
  let configuration: LlamaConfiguration
  let window: Int?
  let epsilon: Float
  let context: SequenceContext
  let state: ModelState
  let evaluator: E

  private func linear(_ x: E.Value, _ layer: LinearPaths) -> E.Value { evaluator.linear(x, layer, in: state) }

  private func normed(_ x: E.Value, _ weight: ParameterPath) -> E.Value {
    evaluator.rmsNorm(x, weight: state.parameters.require(weight), epsilon: epsilon)
  }

  /// Attention before its output projection: [T, C] → [T, H·D].
  func attention(_ hidden: E.Value, _ layer: LlamaLayer, cache: KeyValueCache.Layer?) -> E.Value {
    guard let angles = context.angles else { preconditionFailure("Llama: a context without angles") }
    let heads = configuration.heads
    let x = normed(hidden, layer.attentionNorm)
    let queries = evaluator.rotary(linear(x, layer.query), heads: heads.queries, angles: angles)
    let keys = evaluator.rotary(linear(x, layer.key), heads: heads.groups, angles: angles)
    let values = linear(consume x, layer.value)
    return evaluator.attention(
      queries: queries, keys: keys, values: values, heads: heads, pattern: .causal(window: window),
      layout: context.layout, cache: cache, layer: number, in: state)
  }

  /// W_down(f(W_gate x) · W_up x) with x = RMSNorm(h): [T, C] → [T, C].
  func feedForward(_ hidden: E.Value, _ layer: LlamaLayer) -> E.Value {
    let x = normed(hidden, layer.feedForwardNorm)
    let gate = linear(x, layer.gate)
    let up = linear(consume x, layer.up)
    return linear(evaluator.activate(configuration.activation, gate: consume gate, up: consume up), layer.down)
  }
}
