/// The one thing that a zeroth-order method asks of a model: its losses at displacements of its parameters.
///
/// Parameters are not written, so nothing needs restoring and any number of questions may be asked before a move.
public protocol LossOracle: AnyObject {
  /// The loss in nats at each displacement, in order.
  ///
  /// - Throws: `TuningError.nonFiniteLoss` where one is NaN or infinite.
  func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float]

  /// How many terms the loss of `batch` is the mean of: what it weighs beside the step's other batches.
  func weight(of batch: PackedBatch) -> Double

  /// Σ z² over the trainable elements, and how many they are: what a direction of given norm needs.
  func squaredNorm(of direction: Direction) -> (sum: Double, count: Int)

  /// Losses given since the beginning: the unit of cost of a zeroth-order method.
  var queryCount: Int { get }
  /// Tokens of the batches whose losses these were, each time that they went through the model or a part of it.
  var tokenCount: Int { get }

  /// Says that questions about `batches` follow, each about one of `parts` while the parameters stay as they are, so
  /// that what is the same in their forwards may be kept: the model below a part, and the loss at no displacement.
  /// Until `forget`, whoever changes a parameter says so by `parametersChanged`.
  ///
  /// An oracle that keeps nothing does nothing here. Losses do not depend on it, but for the rounding of a loss at no
  /// displacement: it is that of a question for it alone.
  func remember(_ batches: [PackedBatch], for parts: [Part])
  /// What was kept and depends on these parameters no longer holds.
  func parametersChanged(in paths: Set<ParameterPath>)
  /// Nothing is kept from here on.
  func forget()
}

extension LossOracle {
  public func remember(_: [PackedBatch], for _: [Part]) {}
  public func parametersChanged(in _: Set<ParameterPath>) {}
  public func forget() {}

  /// The losses of a step's batches as if they were one: the mean over all their terms at each displacement. Batches go
  /// through the model one after the other, in the memory of the largest.
  public func losses(at displacements: [Displacement], on batches: [PackedBatch]) throws -> [Float] {
    if batches.count == 1 { return try losses(at: displacements, on: batches[0]) }
    var sums = [Double](repeating: 0, count: displacements.count), weights = 0.0
    for batch in batches {
      let weight = weight(of: batch)
      for (i, loss) in try losses(at: displacements, on: batch).enumerated() { sums[i] += weight * Double(loss) }
      weights += weight
    }
    return sums.map { Float($0 / weights) }
  }
}
