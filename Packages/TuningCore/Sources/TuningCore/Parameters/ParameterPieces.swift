import TensorCore

/// How a moved value returns to a dtype narrower than `float32`.
public enum Rounding: String, Sendable, Codable, CaseIterable {
  /// Unbiased, with addressed noise: moves far below one unit in the last place still add up.
  case stochastic
  case nearest
}

/// One parameter's values in `float32`, a piece at a time that stays in the first-level cache however often it changes.
struct ParameterPieces {
  private static let length = 2048

  private let tensor: Tensor
  private let pathHash: UInt64
  private let rounding: Rounding

  init(of parameter: Parameter, rounding: Rounding) {
    precondition(parameter.tensor.isWritable, "'\(parameter.path)' trains and is mapped read-only")
    tensor = parameter.tensor
    pathHash = parameter.path.hash
    self.rounding = rounding
  }

  func forEach(in range: Range<Int>, _ body: (Piece) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * Self.length) { memory in
      let scratch = UnsafeMutableBufferPointer(rebasing: memory[Self.length...])
      for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.length) {
        let count = min(Self.length, range.upperBound - start)
        body(
          Piece(
            parameter: self, start: start, loaded: UnsafeMutableBufferPointer(rebasing: memory[..<count]),
            scratch: scratch))
      }
    }
  }

  struct Piece {
    fileprivate let parameter: ParameterPieces
    /// Its first element.
    let start: Int
    /// Where the values are widened to.
    fileprivate let loaded: UnsafeMutableBufferPointer<Float>
    /// For twice as many elements.
    let scratch: UnsafeMutableBufferPointer<Float>

    /// Calls `body` with the values, to be changed in place; each is rounded once to the parameter's dtype.
    ///
    /// - Parameters:
    ///   - writes: false: what `body` does to the values is forgotten.
    ///   - roundingSeed: of stochastic rounding.
    func change(writes: Bool, roundingSeed: UInt64, _ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
      let tensor = parameter.tensor
      if tensor.dtype == .float32 && writes {
        return body(UnsafeMutableBufferPointer(rebasing: tensor.mutableFloats[start..<start + loaded.count]))
      }
      tensor.load(from: start, into: loaded)
      body(loaded)
      guard writes else { return }
      switch parameter.rounding {
      case .nearest: tensor.store(UnsafeBufferPointer(loaded), at: start)
      case .stochastic:
        tensor.storeStochastically(
          UnsafeBufferPointer(loaded), at: start, seed: roundingSeed, pathHash: parameter.pathHash)
      }
    }
  }
}
