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
  /// Applies `move` to the trainable parameters.
  ///
  /// - Parameters:
  ///   - support: what may change: other elements keep their bits.
  ///   - roundingSeed: addresses the stochastic rounding of `float16` and `bfloat16` parameters.
  /// - Cost: one pass over the trainable parameters and one generation of each direction; 32 KiB a thread.
  public func apply(
    _ move: Move, support: Support = .everything, rounding: Rounding = .stochastic, roundingSeed: UInt64 = 0,
    threads: Threads
  ) {
    guard !move.terms.isEmpty || move.decay != 0 else { return }
    let terms = move.terms.filter { $0.coefficient != 0 }
    for (parameter, mask) in masked(by: support) {
      let pieces = ParameterPieces(of: parameter, rounding: rounding, roundingSeed: roundingSeed)
      let keep = parameter.role.decays ? 1 - move.decay : 1
      threads.forEachRange(of: parameter.tensor.count, piece: 1 << 16) { range, _ in
        pieces.forEach(in: range) { values, scratch, start in
          let z = UnsafeMutableBufferPointer(rebasing: scratch[..<values.count])
          let old = UnsafeMutableBufferPointer(rebasing: scratch[values.count..<2 * values.count])
          mask.withPiece(of: start..<start + values.count, pathHash: parameter.path.hash) { mask in
            mask.confine(values, saving: old) {
              if keep != 1 { values.scale(by: keep) }
              for term in terms {
                term.direction.fill(z, of: parameter.path, start: start)
                values.add(term.coefficient, UnsafeBufferPointer(z))
              }
            }
          }
        }
      }
    }
  }

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

extension ElementMask.Piece {
  /// Runs `body`, which changes `values`, and takes back what it did where the mask has no part.
  ///
  /// - Parameter old: room for as many.
  @inline(__always)
  func confine(
    _ values: UnsafeMutableBufferPointer<Float>, saving old: UnsafeMutableBufferPointer<Float>, _ body: () -> Void
  ) {
    if includesAll { return body() }
    _ = old.update(fromContentsOf: values)
    body()
    restore(values, from: UnsafeBufferPointer(old))
  }
}
