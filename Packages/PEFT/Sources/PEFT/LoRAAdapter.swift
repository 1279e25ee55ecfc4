import TensorCore
import TuningCore

/// base + scale · B A x for one layer.
struct LoRAAdapter: LinearAdapter {
  /// A [r, in] and B [out, r], named as PEFT names them.
  let down: ParameterPath
  let up: ParameterPath
  /// α / r
  let scale: Float

  init(layer: ParameterPath, scale: Float) {
    down = ParameterPath(layer.moduleName + ".lora_A.weight")
    up = ParameterPath(layer.moduleName + ".lora_B.weight")
    self.scale = scale
  }

  func apply<E: Evaluator>(to x: E.Value, base: consuming E.Value, parameters: ParameterSet, evaluator: E) -> E.Value {
    let narrow = evaluator.linear(x, weight: parameters.require(down), bias: nil)
    return evaluator.add(base, evaluator.linear(narrow, weight: parameters.require(up), bias: nil), scale: scale)
  }

  /// W + scale · B A, in W's dtype.
  func merged(with weight: Tensor, parameters: ParameterSet) throws -> Tensor {
    let a = parameters.require(down).tensor, b = parameters.require(up).tensor
    let result = try weight.copy(as: .float32)
    MatrixProduct.rowsByColumns(
      m: b.rowCount, n: a.rowLength, k: a.rowCount, x: b.floats.map { $0 * scale }, xStride: a.rowCount,
      w: a.floats.baseAddress!, wStride: a.rowLength, out: result.mutableFloats.baseAddress!, outStride: a.rowLength,
      accumulate: true)
    return weight.dtype == .float32 ? result : try result.copy(as: weight.dtype)
  }
}
