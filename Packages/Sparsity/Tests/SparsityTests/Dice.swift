import TensorCore
import TuningCore

/// SplitMix64 (Steele, Lea, Flood 2014): test data that is the same at every run.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }

  mutating func tokens(_ count: Int, below vocabulary: Int) -> [Int32] {
    (0..<count).map { _ in Int32.random(in: 0..<Int32(vocabulary), using: &self) }
  }

  /// A parameter of random values, exact in `dtype`.
  mutating func parameter(
    _ path: ParameterPath, _ shape: [Int], dtype: DType = .float32, role: ParameterRole = .linear, trains: Bool = true
  ) throws -> Parameter {
    let values = floats(shape.reduce(1, *))
    return Parameter(
      path: path, tensor: try Tensor(values, shape: shape, dtype: dtype), role: role, isTrainable: trains)
  }
}
