/// The one thing that a zeroth-order method asks of a model: its losses at displacements of its parameters.
///
/// Parameters are not written, so nothing needs restoring and any number of questions may be asked before a move.
public protocol LossOracle: AnyObject {
  /// The loss in nats at each displacement, in order.
  ///
  /// - Throws: `TuningError.nonFiniteLoss` where one is NaN or infinite.
  func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float]

  /// Σ z² over the trainable elements, and how many they are: what a direction of given norm needs.
  func squaredNorm(of direction: Direction) -> (sum: Double, count: Int)

  /// Losses given since the beginning: the unit of cost of a zeroth-order method.
  var queryCount: Int { get }
  /// Tokens that went through the model since the beginning.
  var tokenCount: Int { get }
}
