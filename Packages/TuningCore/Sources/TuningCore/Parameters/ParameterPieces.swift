import TensorCore

/// How a moved value returns to a dtype narrower than `float32`.
public enum Rounding: String, Sendable, Codable, CaseIterable {
  /// Unbiased, with addressed noise: moves far below one unit in the last place still add up.
  case stochastic
  case nearest
}

/// One parameter's values in `float32`, a piece at a time that stays in the first-level cache.
struct ParameterPieces {
  private static let length = 2048

  private let tensor: Tensor
  private let pathHash: UInt64
  private let rounding: Rounding
  private let roundingSeed: UInt64

  init(of parameter: Parameter, rounding: Rounding, roundingSeed: UInt64) {
    precondition(parameter.tensor.isWritable, "'\(parameter.path)' trains and is mapped read-only")
    tensor = parameter.tensor
    pathHash = parameter.path.hash
    self.rounding = rounding
    self.roundingSeed = roundingSeed
  }

  /// Calls `body` with the values of each piece to be changed in place, scratch for twice as many, and where it begins.
  ///
  /// - Parameter writes: false: what `body` does to the values is forgotten.
  func forEach(
    in range: Range<Int>, writes: Bool = true,
    _ body: (
      _ values: UnsafeMutableBufferPointer<Float>, _ scratch: UnsafeMutableBufferPointer<Float>, _ start: Int
    ) -> Void
  ) {
    let inPlace = tensor.dtype == .float32 && writes
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * Self.length) { memory in
      let scratch = UnsafeMutableBufferPointer(rebasing: memory[Self.length...])
      for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.length) {
        let count = min(Self.length, range.upperBound - start)
        let values =
          inPlace
          ? UnsafeMutableBufferPointer(rebasing: tensor.mutableFloats[start..<start + count])
          : UnsafeMutableBufferPointer(rebasing: memory[..<count])
        if !inPlace { tensor.load(from: start, into: values) }
        body(values, scratch, start)
        if !inPlace && writes { store(values, at: start) }
      }
    }
  }

  private func store(_ values: UnsafeMutableBufferPointer<Float>, at start: Int) {
    switch rounding {
    case .nearest: tensor.store(UnsafeBufferPointer(values), at: start)
    case .stochastic:
      tensor.storeStochastically(UnsafeBufferPointer(values), at: start, seed: roundingSeed, pathHash: pathHash)
    }
  }
}
