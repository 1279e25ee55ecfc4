import TensorCore
import TuningCore

/// Schemes that train parameters which the model has already.
extension ModelState {
  /// Makes these parameters trainable; those that are mapped from a file are copied.
  ///
  /// - Throws: `TensorError.outOfMemory`; nothing is changed then.
  mutating func train(_ paths: some Sequence<ParameterPath>) throws {
    let chosen = Set(paths)
    var changed = parameters
    try changed.update { parameter in
      guard chosen.contains(parameter.path) else { return }
      if !parameter.tensor.isWritable { parameter.tensor = try parameter.tensor.copy() }
      parameter.isTrainable = true
    }
    parameters = changed
  }

  /// No parameter trains any more; what was learnt stays.
  mutating func freeze() { parameters.update { $0.isTrainable = false } }

  /// Adds what was announced as parameters of a scheme, `float32` whatever the model's dtype is.
  mutating func append(adapters: [(shape: TrainableShape, tensor: Tensor)]) {
    for (shape, tensor) in adapters {
      parameters.append(Parameter(path: shape.path, tensor: tensor, role: .adapter, isTrainable: true))
    }
  }
}

extension ParameterSet {
  /// The shape of a parameter that is there.
  func shape(of path: ParameterPath) -> TrainableShape { TrainableShape(path, require(path).tensor.shape) }
}
