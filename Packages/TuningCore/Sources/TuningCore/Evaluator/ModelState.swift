/// What a tuning scheme adds to a linear layer: a function of the layer's input that is added to its output.
///
/// Written over the evaluator's operations, so that every evaluator runs it; its tensors are parameters of the model
/// state, so that displacements, moves and files reach them as any others.
public protocol LinearAdapter: Sendable {
  /// The layer's output with the adapter's contribution: `x` [T, C], `base` [T, O] → [T, O].
  func apply<E: Evaluator>(to x: E.Value, base: consuming E.Value, parameters: ParameterSet, evaluator: E) -> E.Value
}

/// Keys and values that stand before those of every sequence, in each attention layer, and are seen as keys of earlier
/// tokens are: by every row, save where a layer's window ends before them.
public struct AttentionPrefix: Sendable, Equatable {
  /// One layer's [P, G·D] each.
  public struct Layer: Sendable, Equatable {
    public var keys: ParameterPath
    public var values: ParameterPath

    public init(keys: ParameterPath, values: ParameterPath) {
      self.keys = keys
      self.values = values
    }
  }

  /// One for each attention layer.
  public var layers: [Layer]
  /// Whether the text's positions begin at P, as after P tokens, or at 0.
  public var takesPositions: Bool

  public init(layers: [Layer], takesPositions: Bool) {
    self.layers = layers
    self.takesPositions = takesPositions
  }
}

/// A model's parameters and what a tuning scheme attached to it: what a scheme changes and an evaluation reads.
public struct ModelState: Sendable {
  public var parameters: ParameterSet
  /// By the path of the layer's weight.
  public var adapters: [ParameterPath: any LinearAdapter] = [:]
  /// Path of [N, C]: embeddings of virtual tokens that stand before every sequence; nil: none.
  public var prompt: ParameterPath?
  /// Keys and values that stand before those of every sequence; nil: none.
  public var prefix: AttentionPrefix?
  /// Path of a table that the head reads in place of its own; nil: its own.
  public var outputTable: ParameterPath?

  public init(parameters: ParameterSet) { self.parameters = parameters }

  /// Whether a scheme added anything that the model's own parameters are not.
  public var isPlain: Bool { adapters.isEmpty && prompt == nil && prefix == nil && outputTable == nil }

  /// N: virtual tokens before every sequence.
  public var promptLength: Int { prompt.map { parameters.require($0).tensor.rowCount } ?? 0 }

  /// P: keys before those of every sequence.
  public var prefixLength: Int {
    prefix?.layers.first.map { parameters.require($0.keys).tensor.rowCount } ?? 0
  }

  /// Position of a text's first token.
  public var positionShift: Int { promptLength + (prefix?.takesPositions == true ? prefixLength : 0) }

  /// Rows of a cache that come before a text's own.
  public var virtualLength: Int { promptLength + prefixLength }
}
