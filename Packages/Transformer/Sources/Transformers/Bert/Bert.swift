import TensorCore
import TuningCore

/// The BERT family (Devlin et al. 2018; Liu et al. 2019), defined once for every evaluator: from the normed sum of
/// token, type and position embeddings, layer by layer
///
///     h ← LayerNorm(h + Attention(h)),  h ← LayerNorm(h + W₂ f(W₁ h + b₁) + b₂),
///
/// every token seeing its whole text, and a head: tokens in place of masks, labels of the text, or none.
///
/// RoBERTa numbers positions from `padding + 1` on, without the padding tokens of a text, which stay at `padding`;
/// where virtual tokens stand before the text, all of its tokens are numbered, as transformers does then.
public struct Bert: LanguageModel {
  /// The model's shape.
  public let configuration: BertConfiguration
  private let paths: BertPaths
  private let layers: [BertLayer]
  private let heads: AttentionHeads
  private let epsilon: Float

  /// The model of this shape; it holds no weights.
  public init(_ configuration: BertConfiguration) {
    self.configuration = configuration
    paths = BertPaths(configuration.variant)
    layers = (0..<configuration.layerCount).map { BertLayer($0, configuration.variant) }
    heads = AttentionHeads(
      queries: configuration.headCount, groups: configuration.headCount,
      dimension: configuration.hiddenSize / configuration.headCount)
    epsilon = Float(configuration.layerNormEpsilon)
  }

  public var vocabularySize: Int { configuration.vocabularySize }
  public var maximumLength: Int { configuration.maximumLength }
  public var tokenTypeCount: Int { configuration.tokenTypeCount }
  public var blockCount: Int { layers.count }
  public var cacheShape: (layers: Int, width: Int)? { (layers.count, configuration.hiddenSize) }
  public var tokenTable: ParameterPath? { paths.words }

  public var head: OutputHead? {
    switch configuration.head {
    case .none: nil
    case .maskedLM:
      configuration.tiesWordEmbeddings
        ? OutputHead(.maskedToken, table: paths.words, bias: paths.decoderBias, count: vocabularySize)
        : OutputHead(
          .maskedToken, table: paths.decoder.weight, bias: paths.decoder.bias, count: vocabularySize)
    case .classification(let labels):
      OutputHead(labels: labels, table: paths.classifier.weight, bias: paths.classifier.bias)
    }
  }

  public func context(of tokens: [Int32], layout: SequenceLayout) -> SequenceContext {
    guard configuration.variant != .bert else { return SequenceContext(tokens: tokens, layout: layout) }
    var layout = layout
    let isPrompted = tokens.contains { $0 < 0 }
    for segment in layout.segments {
      var earlierPadding: Int32 = 0
      for row in segment.rows {
        let isPadding = tokens[row] == configuration.padding && !isPrompted
        layout.positions[row] =
          isPadding ? configuration.padding : configuration.padding + 1 + layout.positions[row] - earlierPadding
        if isPadding { earlierPadding += 1 }
      }
    }
    return SequenceContext(tokens: tokens, layout: layout)
  }

  /// BERT numbers columns, padding among them; RoBERTa leaves out columns that hold the padding token.
  public func positions(ofPadded tokens: [Int32], mask: [Bool]) -> [Int32] {
    guard configuration.variant != .bert else { return tokens.indices.map(Int32.init) }
    var next: Int32 = 0
    return zip(tokens, mask).map { token, isKept in
      defer { if isKept || token != configuration.padding { next += 1 } }
      return next
    }
  }

  public func embed<E: Evaluator>(_ context: SequenceContext, state: ModelState, evaluator: E) -> E.Value {
    let layout = context.layout
    func rows(_ ids: [Int32], _ table: ParameterPath) -> E.Value {
      evaluator.embedding(ids, table: state.parameters.require(table))
    }
    let types = rows(layout.tokenTypes ?? [Int32](repeating: 0, count: context.tokens.count), paths.types)
    var sum = evaluator.add(evaluator.embedding(context, table: paths.words, in: state), types, scale: 1)
    sum = evaluator.add(consume sum, rows(layout.positions, paths.positions), scale: 1)
    return evaluator.layerNorm(sum, paths.embeddingNorm, epsilon: epsilon, in: state)
  }

  public func block<E: Evaluator>(
    _ index: Int, _ hidden: consuming E.Value, rows: [Int]?, context: SequenceContext, state: ModelState,
    cache: KeyValueCache.Layer?, evaluator: E
  ) -> E.Value {
    let layer = layers[index]
    // Keys and values need every row; after attention only the rows asked for go on.
    var attended = evaluator.attention(
      queries: evaluator.linear(hidden, layer.query, in: state), keys: evaluator.linear(hidden, layer.key, in: state),
      values: evaluator.linear(hidden, layer.value, in: state), heads: heads, pattern: .bidirectional,
      layout: context.layout, cache: cache, layer: index, in: state)
    if let rows {
      attended = evaluator.gather(attended, rows: rows)
      hidden = evaluator.gather(hidden, rows: rows)
    }
    hidden = evaluator.add(
      consume hidden, evaluator.linear(consume attended, layer.output, in: state), scale: 1)
    hidden = evaluator.layerNorm(hidden, layer.attentionNorm, epsilon: epsilon, in: state)
    let up = evaluator.linear(hidden, layer.up, in: state)
    let update = evaluator.linear(
      evaluator.activate(configuration.activation, consume up), layer.down, in: state)
    hidden = evaluator.add(consume hidden, consume update, scale: 1)
    return evaluator.layerNorm(hidden, layer.feedForwardNorm, epsilon: epsilon, in: state)
  }

  public func headInput<E: Evaluator>(_ hidden: consuming E.Value, state: ModelState, evaluator: E) -> E.Value {
    switch configuration.head {
    case .none: return hidden
    case .maskedLM:
      // RoBERTa's is written with GELU, whatever the layers have.
      let activation = configuration.variant == .bert ? configuration.activation : .gelu
      let transformed = evaluator.activate(activation, evaluator.linear(hidden, paths.transform, in: state))
      return evaluator.layerNorm(transformed, paths.transformNorm, epsilon: epsilon, in: state)
    case .classification:
      return evaluator.activate(.tanh, evaluator.linear(hidden, paths.classifierDense, in: state))
    }
  }

  /// Whether `pooled` can be asked for.
  public var hasPooler: Bool {
    switch configuration.head {
    case .none(let hasPooler): hasPooler
    case .maskedLM: false
    case .classification: configuration.variant == .bert
    }
  }

  /// tanh(W h + b) of final hidden states, meant for texts' first rows: `pooler_output` in `transformers`. [T, C] → [T, C]
  ///
  /// The model must have a pooler: see `hasPooler`.
  public func pooled<E: Evaluator>(_ hidden: E.Value, state: ModelState, evaluator: E) -> E.Value {
    precondition(hasPooler, "Bert: a model without pooler")
    return evaluator.activate(.tanh, evaluator.linear(hidden, paths.pooler, in: state))
  }
}
