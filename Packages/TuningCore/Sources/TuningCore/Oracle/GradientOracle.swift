import TensorCore

/// What first-order methods ask beside losses: exact derivatives at the parameters as they are.
public protocol GradientOracle: LossOracle {
  /// The loss in nats and its gradient by every trainable parameter.
  ///
  /// - Throws: `TuningError.nonFiniteLoss`.
  func gradient(on batch: PackedBatch) throws -> Gradient

  /// The loss in nats and ⟨∇L, z⟩ for each direction, without a gradient being held. (Baydin et al. 2022)
  ///
  /// - Throws: `TuningError.nonFiniteLoss`.
  func directionalDerivatives(along directions: [Direction], on batch: PackedBatch) throws -> (
    loss: Float, slopes: [Float]
  )
}

/// ∇L: a tensor of `float32` for each trainable parameter, in the shape of the parameter.
public struct Gradient: Sendable {
  public var loss: Float
  /// By path; a parameter that the loss does not depend on has zeros.
  public var tensors: [ParameterPath: Tensor]

  public init(loss: Float, tensors: [ParameterPath: Tensor]) {
    self.loss = loss
    self.tensors = tensors
  }

  /// ⟨∇L, z⟩, summed in double: what a directional derivative is to agree with.
  public func dot(_ direction: Direction) -> Double {
    tensors.sorted { $0.key.name < $1.key.name }.reduce(0) { sum, entry in
      var z = [Float](repeating: 0, count: entry.value.count)
      z.withUnsafeMutableBufferPointer { direction.fill($0, of: entry.key, start: 0) }
      return sum + zip(entry.value.values, z).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}
