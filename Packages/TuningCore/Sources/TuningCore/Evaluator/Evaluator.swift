import TensorCore

/// The operations that a language model is written in. A model's definition is generic over this protocol and stands
/// once; an evaluator decides what becomes of it: `EagerEvaluator` computes losses at displaced parameters, others
/// record gradients or carry tangents, and another device would plug in here.
///
/// Rows are packed tokens: T of them, whatever sequences they belong to. A `consuming` argument may be reused for the
/// result. Shape mistakes are preconditions that name both shapes.
public protocol Evaluator: AnyObject {
  /// An activation: [T, C].
  associatedtype Value

  /// Rows `tokens` of `table` [V, C] → [T, C].
  func embedding(_ tokens: [Int32], table: Parameter) -> Value

  /// x / sqrt(mean x² + epsilon) · weight, by row: [T, C] → [T, C]. (Zhang & Sennrich 2019)
  func rmsNorm(_ x: Value, weight: Parameter, epsilon: Float) -> Value

  /// (x − mean x) / sqrt(variance x + epsilon) · weight + bias, by row: [T, C] → [T, C]; without weight and bias, the
  /// normed row itself. (Ba et al. 2016)
  func layerNorm(_ x: Value, weight: Parameter?, bias: Parameter?, epsilon: Float) -> Value

  /// x Wᵀ + b: [T, C] by weight [O, C] → [T, O].
  func linear(_ x: Value, weight: Parameter, bias: Parameter?) -> Value

  /// a + scale · b: [T, C].
  func add(_ a: consuming Value, _ b: Value, scale: Float) -> Value

  /// f(x), by element: [T, C].
  func activate(_ activation: Activation, _ x: consuming Value) -> Value

  /// f(gate) · up, by element: [T, C]. (Shazeer 2020)
  func activate(_ activation: Activation, gate: consuming Value, up: Value) -> Value

  /// Rotary position embedding in the half-rotation layout, on each of `heads` heads: [T, H·D]. (Su et al. 2021)
  func rotary(_ x: consuming Value, heads: Int, angles: RotaryAngles) -> Value

  /// softmax(q kᵀ / √D) v with grouped heads: queries [T, H·D], keys and values [T, G·D] → [T, H·D]. A row sees the rows
  /// that `pattern` lets it see of its segment, of the segment that its segment continues, and of what `cache` holds.
  ///
  /// Where keys and values are [P + T, G·D], their first P rows stand before those of every sequence.
  func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?
  ) -> Value

  /// Rows `rows` of x, in that order: [T, C] → [rows.count, C].
  func gather(_ x: Value, rows: [Int]) -> Value

  /// The rows of a, then those of b: [S, C] and [T, C] → [S + T, C].
  func concatenate(_ a: Value, _ b: Value) -> Value

  /// log softmax(x Wᵀ + b)[token] for each (row of x, token): [T, C] by [V, C] → [targets, 1]. Never holds all logits.
  func logProbabilities(_ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]) -> Value
}

/// Which rows of its sequence a row sees.
public enum AttentionPattern: Sendable, Equatable {
  /// Itself and those before it; with a window w, of these the last w. (Beltagy et al. 2020)
  case causal(window: Int? = nil)
  /// All of its segment; segments stand alone.
  case bidirectional
}

/// Heads of an attention layer: H query heads in G groups that share keys and values, D elements each.
public struct AttentionHeads: Sendable, Equatable {
  public var queries: Int
  public var groups: Int
  public var dimension: Int

  public init(queries: Int, groups: Int, dimension: Int) {
    precondition(groups > 0 && queries % groups == 0, "AttentionHeads: \(queries) query heads in \(groups) groups")
    self.queries = queries
    self.groups = groups
    self.dimension = dimension
  }
}
