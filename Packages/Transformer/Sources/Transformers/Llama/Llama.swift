import TensorCore
import TuningCore

/// The LLaMA family (Touvron et al. 2023; Grattafiori et al. 2024), defined once for every evaluator:
///
///     h ← h + Attention(RMSNorm(h)),  h ← h + W_down(silu(W_gate x) · W_up x) with x = RMSNorm(h),
///
/// layer by layer, and a last RMSNorm.
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
  public var cacheShape: (layers: Int, width: Int) {
    (layers.count, configuration.heads.groups * configuration.heads.dimension)
  }
  public var outputTable: ParameterPath { configuration.tiesWordEmbeddings ? Llama.embedding : Llama.head }

  public func hiddenStates<E: Evaluator>(
    of tokens: [Int32], layout: SequenceLayout, rows: [Int]?, state: ModelState, cache: KeyValueCache?, evaluator: E
  ) -> E.Value {
    precondition(
      tokens.count == layout.positions.count,
      "Llama: \(tokens.count) tokens for a layout of \(layout.positions.count) rows")
    let pass = LlamaPass(
      heads: configuration.heads, epsilon: epsilon,
      angles: RotaryAngles(positions: layout.positions, inverseFrequencies: inverseFrequencies), layout: layout,
      state: state, evaluator: evaluator)
    var hidden = evaluator.embedding(tokens, table: state.parameters.require(Llama.embedding))
    for (number, layer) in layers.enumerated() {
      // Keys and values need every row; after the last attention only the rows asked for go on.
      let kept = number == layers.count - 1 ? rows : nil
      var attended = pass.attention(hidden, layer, cache: cache?.layers[number])
      if let kept {
        attended = evaluator.gather(attended, rows: kept)
        hidden = evaluator.gather(hidden, rows: kept)
      }
      hidden = evaluator.add(consume hidden, pass.linear(consume attended, layer.output), scale: 1)
      let update = pass.feedForward(hidden, layer)
      hidden = evaluator.add(consume hidden, consume update, scale: 1)
    }
    return evaluator.rmsNorm(hidden, weight: state.parameters.require(Llama.norm), epsilon: epsilon)
  }
}

/// What the layers of one forward share.
private struct LlamaPass<E: Evaluator> {
  let heads: AttentionHeads
  let epsilon: Float
  let angles: RotaryAngles
  let layout: SequenceLayout
  let state: ModelState
  let evaluator: E

  func linear(_ x: E.Value, _ layer: LlamaLayer.Linear) -> E.Value {
    evaluator.linear(x, layer.weight, bias: layer.bias, in: state)
  }

  private func normed(_ x: E.Value, _ weight: ParameterPath) -> E.Value {
    evaluator.rmsNorm(x, weight: state.parameters.require(weight), epsilon: epsilon)
  }

  /// Attention before its output projection: [T, C] → [T, H·D].
  func attention(_ hidden: E.Value, _ layer: LlamaLayer, cache: KeyValueCache.Layer?) -> E.Value {
    let x = normed(hidden, layer.attentionNorm)
    let queries = evaluator.rotary(linear(x, layer.query), heads: heads.queries, angles: angles)
    let keys = evaluator.rotary(linear(x, layer.key), heads: heads.groups, angles: angles)
    let values = linear(consume x, layer.value)
    return evaluator.causalAttention(
      queries: queries, keys: keys, values: values, heads: heads, layout: layout, cache: cache)
  }

  /// W_down(silu(W_gate x) · W_up x) with x = RMSNorm(h): [T, C] → [T, C].
  func feedForward(_ hidden: E.Value, _ layer: LlamaLayer) -> E.Value {
    let x = normed(hidden, layer.feedForwardNorm)
    let gate = linear(x, layer.gate)
    let up = linear(consume x, layer.up)
    return linear(evaluator.siluMultiply(gate: consume gate, up: consume up), layer.down)
  }
}
