import TensorCore

/// What first-order methods ask beside losses: exact derivatives at the parameters as they are.
public protocol GradientOracle: LossOracle {
  /// The loss in nats, and its gradient by the trainable parameters that lie in `support`: of the mean over all terms of
  /// the batches, which go through the model one after the other.
  ///
  /// Elements that the support leaves out are 0. The tensors are the oracle's own: they hold this gradient until the
  /// next one is asked for.
  ///
  /// - Throws: `TuningError.nonFiniteLoss`.
  func gradient(on batches: [PackedBatch], in support: Support) throws -> Gradient

  /// The loss in nats and ⟨∇L, z⟩ for each direction, without a gradient being held. (Baydin et al. 2022)
  ///
  /// - Throws: `TuningError.nonFiniteLoss`.
  func directionalDerivatives(along directions: [Direction], on batch: PackedBatch) throws -> (
    loss: Float, slopes: [Float]
  )

  /// Gradients given since the beginning, batch by batch; the loss that comes with each is among the queries.
  var gradientCount: Int { get }
  /// Directional derivatives given since the beginning; the loss that comes with them is among the queries.
  var slopeCount: Int { get }
}

extension GradientOracle {
  /// Of every trainable parameter on one batch.
  public func gradient(on batch: PackedBatch) throws -> Gradient { try gradient(on: [batch], in: .everything) }

  /// Of a step's batches as if they were one: the mean over all their terms.
  public func directionalDerivatives(
    along directions: [Direction], on batches: [PackedBatch]
  ) throws -> (loss: Float, slopes: [Float]) {
    if batches.count == 1 { return try directionalDerivatives(along: directions, on: batches[0]) }
    let total = batches.reduce(0) { $0 + weight(of: $1) }
    var loss = 0.0, slopes = [Double](repeating: 0, count: directions.count)
    for batch in batches {
      let share = weight(of: batch) / total, part = try directionalDerivatives(along: directions, on: batch)
      loss += share * Double(part.loss)
      for (i, slope) in part.slopes.enumerated() { slopes[i] += share * Double(slope) }
    }
    return (Float(loss), slopes.map { Float($0) })
  }
}

extension LossOracle {
  /// The oracle as one that gives derivatives.
  ///
  /// - Parameter name: the optimizer's, which needs them.
  /// - Throws: `TuningError.notApplicable` where it gives losses alone.
  public func withDerivatives(for name: String) throws -> any GradientOracle {
    guard let oracle = self as? any GradientOracle else {
      throw TuningError(
        .notApplicable,
        "\(name) needs exact derivatives, and this way of evaluating the model gives losses alone: "
          + "take an optimizer of the zeroth order")
    }
    return oracle
  }
}

/// ∇L: a tensor of `float32` for each parameter that was asked for, in the shape of the parameter.
public struct Gradient: Sendable {
  public var loss: Float
  /// By path; a parameter that the loss does not depend on has zeros.
  public var tensors: [ParameterPath: Tensor]

  public init(loss: Float, tensors: [ParameterPath: Tensor]) {
    self.loss = loss
    self.tensors = tensors
  }

  /// By name, so that sums over all parameters have one order.
  private var inOrder: [(path: ParameterPath, tensor: Tensor)] {
    tensors.map { ($0.key, $0.value) }.sorted { $0.path < $1.path }
  }

  /// ‖∇L‖, summed in double.
  ///
  /// - Cost: one pass over the gradient.
  public func norm(threads: Threads = .available) -> Double {
    inOrder.reduce(0.0) { $0 + $1.tensor.squaredNorm(threads: threads) }.squareRoot()
  }

  /// ⟨∇L, z⟩, summed in double: what a directional derivative is to agree with.
  public func dot(_ direction: Direction) -> Double {
    inOrder.reduce(0) { sum, entry in
      var z = [Float](repeating: 0, count: entry.tensor.count)
      z.withUnsafeMutableBufferPointer { direction.fill($0, of: entry.path, start: 0) }
      return sum + zip(entry.tensor.floats, z).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}

extension Gradient: Equatable {
  /// By the numbers.
  public static func == (a: Gradient, b: Gradient) -> Bool {
    a.loss == b.loss && a.tensors.count == b.tensors.count
      && a.tensors.allSatisfy { path, tensor in b.tensors[path].map { $0.values == tensor.values } ?? false }
  }
}

extension Tensor {
  /// Σ x² of a `float32` tensor, summed in double in one fixed order.
  fileprivate func squaredNorm(threads: Threads) -> Double {
    let piece = 1 << 14, values = floats
    var sums = [Double](repeating: 0, count: (count + piece - 1) / piece)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums, values = values
      threads.forEachRange(of: count, piece: piece) { range, _ in
        sums[range.lowerBound / piece] = UnsafeBufferPointer(rebasing: values[range]).squaredNorm
      }
    }
    return sums.reduce(0, +)
  }
}
