import TensorCore

/// What a step does to the trainable parameters:
///
///     θ ← (1 − decay) θ + Σ cᵢ zᵢ
///
/// per element in `float32`, the product first and then one fused multiply-add a term in the order of the list, and
/// rounded once to the parameter's dtype. `decay` leaves norms and biases alone.
public struct Move: Hashable, Sendable, Codable {
  public var terms: [Term]
  public var decay: Float

  public init(_ terms: [Term] = [], decay: Float = 0) {
    self.terms = terms
    self.decay = decay
  }
}

/// How a moved value returns to a dtype narrower than `float32`.
public enum Rounding: String, Sendable, Codable, CaseIterable {
  /// Unbiased, with addressed noise: moves far below one unit in the last place still add up.
  case stochastic
  case nearest
}

extension ParameterSet {
  /// Applies `move` to every trainable parameter.
  ///
  /// - Parameters:
  ///   - roundingSeed: addresses the stochastic rounding of `float16` and `bfloat16` parameters.
  /// - Cost: one pass over the trainable parameters and one generation of each direction; 32 KiB a thread.
  public func apply(_ move: Move, rounding: Rounding = .stochastic, roundingSeed: UInt64 = 0, threads: Threads) {
    guard !move.terms.isEmpty || move.decay != 0 else { return }
    for parameter in parameters where parameter.isTrainable {
      let mover = PieceMover(parameter: parameter, move: move, rounding: rounding, roundingSeed: roundingSeed)
      threads.forEachRange(of: parameter.tensor.count, piece: 1 << 16) { range, _ in mover.move(range) }
    }
  }

  /// Σ z² over the elements that `direction` moves, summed in one fixed order.
  ///
  /// - Cost: one generation of the direction.
  public func squaredNorm(of direction: Direction, threads: Threads) -> Double {
    var total = 0.0
    for parameter in parameters where parameter.isTrainable {
      let piece = 1 << 14, count = parameter.tensor.count
      var sums = [Double](repeating: 0, count: (count + piece - 1) / piece)
      sums.withUnsafeMutableBufferPointer { sums in
        nonisolated(unsafe) let sums = sums
        threads.forEachRange(of: count, piece: piece) { range, _ in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { z in
            direction.fill(z, of: parameter.path, start: range.lowerBound)
            sums[range.lowerBound / piece] = z.reduce(0.0) { $0 + Double($1) * Double($1) }
          }
        }
      }
      total = sums.reduce(total, +)
    }
    return total
  }
}

/// Moves ranges of one parameter, through pieces that stay in the first-level cache.
private struct PieceMover {
  let parameter: Parameter
  let terms: [Term]
  let keep: Float
  let rounding: Rounding
  let roundingSeed: UInt64

  init(parameter: Parameter, move: Move, rounding: Rounding, roundingSeed: UInt64) {
    precondition(parameter.tensor.isWritable, "Move: '\(parameter.path)' is mapped read-only")
    self.parameter = parameter
    terms = move.terms.filter { $0.coefficient != 0 }
    keep = parameter.role.decays ? 1 - move.decay : 1
    self.rounding = rounding
    self.roundingSeed = roundingSeed
  }

  func move(_ range: Range<Int>) {
    let piece = 2048
    let inPlace = parameter.tensor.dtype == .float32
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * piece) { scratch in
      for start in stride(from: range.lowerBound, to: range.upperBound, by: piece) {
        let count = min(piece, range.upperBound - start)
        let z = UnsafeMutableBufferPointer(rebasing: scratch[..<count])
        let values =
          inPlace
          ? UnsafeMutableBufferPointer(rebasing: parameter.tensor.mutableFloats[start..<start + count])
          : UnsafeMutableBufferPointer(rebasing: scratch[piece..<piece + count])
        if !inPlace { parameter.tensor.load(from: start, into: values) }
        if keep != 1 { values.scale(by: keep) }
        for term in terms {
          term.direction.fill(z, of: parameter.path, start: start)
          values.add(term.coefficient, UnsafeBufferPointer(z))
        }
        if !inPlace { store(values, at: start) }
      }
    }
  }

  private func store(_ values: UnsafeMutableBufferPointer<Float>, at start: Int) {
    switch rounding {
    case .nearest: parameter.tensor.store(UnsafeBufferPointer(values), at: start)
    case .stochastic:
      parameter.tensor.storeStochastically(
        UnsafeBufferPointer(values), at: start, seed: roundingSeed, pathHash: parameter.path.hash)
    }
  }
}
