import TensorCore

/// A plugin kind: cuts the trainable parameters into parts, each of which has a question, a direction and an update of
/// its own in every step.
public protocol Partition: Sendable {
  /// The parts in the order in which a step treats them. No parameter is in two; what is in none is never moved.
  ///
  /// - Throws: `TuningError.unmatchedTarget` where a part would have no trainable parameter or a block is not there.
  func parts(of state: ModelState, model: any LanguageModel) throws -> [Part]

  /// Whether a part's update is made before the next part is asked about, rather than all at the end of the step.
  var updatesAtOnce: Bool { get }
}

/// Trainable parameters that a step treats together.
public struct Part: Sendable, Equatable {
  /// Which of a run's optimizers has it.
  public enum Owner: String, Sendable { case first, second }

  /// For people: `block 3`.
  public var name: String
  public var paths: Set<ParameterPath>
  public var owner: Owner

  public init(name: String, paths: Set<ParameterPath>, owner: Owner = .first) {
    self.name = name
    self.paths = paths
    self.owner = owner
  }
}
