import TuningCore

/// The parameters' names of a linear layer.
struct LinearPaths: Sendable {
  let weight: ParameterPath
  let bias: ParameterPath?

  init(_ name: String, hasBias: Bool = true) {
    weight = ParameterPath(name + ".weight")
    bias = hasBias ? ParameterPath(name + ".bias") : nil
  }

  func specifications(outputs: Int, inputs: Int) -> [ParameterSpecification] {
    [ParameterSpecification(path: weight, shape: [outputs, inputs], role: .linear)]
      + (bias.map { [ParameterSpecification(path: $0, shape: [outputs], role: .bias)] } ?? [])
  }
}

/// The parameters' names of a layer norm; it may have none.
struct LayerNormPaths: Sendable {
  let weight: ParameterPath?
  let bias: ParameterPath?

  init(_ name: String, isAffine: Bool = true) {
    weight = isAffine ? ParameterPath(name + ".weight") : nil
    bias = isAffine ? ParameterPath(name + ".bias") : nil
  }

  func specifications(width: Int) -> [ParameterSpecification] {
    (weight.map { [ParameterSpecification(path: $0, shape: [width], role: .norm)] } ?? [])
      + (bias.map { [ParameterSpecification(path: $0, shape: [width], role: .bias)] } ?? [])
  }
}

extension Evaluator {
  func linear(_ x: Value, _ layer: LinearPaths, in state: ModelState) -> Value {
    linear(x, layer.weight, bias: layer.bias, in: state)
  }

  func layerNorm(_ x: Value, _ norm: LayerNormPaths, epsilon: Float, in state: ModelState) -> Value {
    layerNorm(
      x, weight: norm.weight.map { state.parameters.require($0) }, bias: norm.bias.map { state.parameters.require($0) },
      epsilon: epsilon)
  }
}
