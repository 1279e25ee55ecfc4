import TensorCore

/// What a step does to the trainable parameters:
///
///     θ ← (1 − decay) θ + Σ cᵢ zᵢ
///
/// per element in `float32`, the product first and then one fused multiply-add a term in the order of the list, and
/// rounded once to the parameter's dtype. `decay` leaves norms and biases alone.
public struct Move: Hashable, Sendable {
  public var terms: [Term]
  public var decay: Float

  public init(_ terms: [Term] = [], decay: Float = 0) {
    self.terms = terms
    self.decay = decay
  }
}

extension ParameterSet {
  /// Σ z² over the elements that `direction` moves, and how many they are; summed in one fixed order.
  ///
  /// - Cost: one generation of the direction.
  public func squaredNorm(of direction: Direction, threads: Threads) -> (sum: Double, count: Int) {
    var total = 0.0, elements = 0
    for (parameter, mask) in masked(by: direction.support) {
      let piece = 1 << 14, count = parameter.tensor.count
      var sums = [(squares: Double, count: Int)](repeating: (0, 0), count: (count + piece - 1) / piece)
      sums.withUnsafeMutableBufferPointer { sums in
        nonisolated(unsafe) let sums = sums
        threads.forEachRange(of: count, piece: piece) { range, _ in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { z in
            direction.fill(z, of: parameter.path, start: range.lowerBound)
            sums[range.lowerBound / piece] = (
              z.reduce(0.0) { $0 + Double($1) * Double($1) }, mask.count(of: range, pathHash: parameter.path.hash)
            )
          }
        }
      }
      total = sums.reduce(total) { $0 + $1.squares }
      elements = sums.reduce(elements) { $0 + $1.count }
    }
    return (total, elements)
  }
}
