/// What a tuning scheme adds to a linear layer: a function of the layer's input that is added to its output.
///
/// Written over the evaluator's operations, so that every evaluator runs it; its tensors are parameters of the model
/// state, so that displacements, moves and files reach them as any others.
public protocol LinearAdapter: Sendable {
  /// The layer's output with the adapter's contribution: `x` [T, C], `base` [T, O] → [T, O].
  func apply<E: Evaluator>(to x: E.Value, base: consuming E.Value, parameters: ParameterSet, evaluator: E) -> E.Value
}

/// A model's parameters and the adapters attached to its layers: what a tuning scheme changes and an evaluation reads.
public struct ModelState: Sendable {
  public var parameters: ParameterSet
  /// By the path of the layer's weight.
  public var adapters: [ParameterPath: any LinearAdapter] = [:]

  public init(parameters: ParameterSet) { self.parameters = parameters }
}

extension Evaluator {
  /// The linear layer whose weight is at `weight` (and bias at `bias`, where the model has one), with its adapter.
  public func linear(_ x: Value, _ weight: ParameterPath, bias: ParameterPath? = nil, in state: ModelState) -> Value {
    let base = linear(x, weight: state.parameters.require(weight), bias: bias.map { state.parameters.require($0) })
    guard let adapter = state.adapters[weight] else { return base }
    return adapter.apply(to: x, base: base, parameters: state.parameters, evaluator: self)
  }
}
