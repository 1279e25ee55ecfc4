import TensorCore
import TuningCore

/// Which elements of a parameter lie inside.
func inside(_ support: Support, _ parameter: Parameter) -> [Bool] {
  var ones = [Float](repeating: support.includes(parameter.path) ? 1 : 0, count: parameter.tensor.count)
  ones.withUnsafeMutableBufferPointer {
    support.mask(of: parameter.path)?.clear($0, pathHash: parameter.path.hash, start: 0)
  }
  return ones.map { $0 == 1 }
}

/// Tensors of different spreads, of all but one of which something trains.
func parameters(_ dtype: DType = .float32) throws -> ParameterSet {
  var dice = Dice(3), set = ParameterSet()
  for (path, shape, spread) in [
    (ParameterPath("narrow"), [41, 37], Float(0.1)), ("wide", [32, 50], 1), ("frozen", [50, 50], 3),
    ("bias", [77], 0.3),
  ] {
    let values = dice.floats(shape.reduce(1, *)).map { spread * $0 }
    set.append(
      Parameter(
        path: path, tensor: try Tensor(values, shape: shape, dtype: dtype), role: .linear, isTrainable: path != "frozen"
      ))
  }
  return set
}
