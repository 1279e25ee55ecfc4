import TensorCore

/// A plugin kind: leaves elements of the trainable parameters out of a step.
public protocol Masking: Sendable {
  /// Makes ready what is drawn from: called once, at the parameters as they are before the first step, whether the run
  /// begins or is resumed.
  ///
  /// - Throws: `TuningError`, where the parameters do not allow it.
  func masks(for parameters: ParameterSet, seeds: SeedSequence, threads: Threads) throws -> any MaskSequence
}

/// Which elements take part in each step: a pure function of the step.
public protocol MaskSequence: Sendable {
  /// The elements of `paths` that take part in `step`. Asked again for one step, the same object comes back as long as
  /// it is in use.
  func support(of paths: Set<ParameterPath>, step: Int) -> Support

  /// Bytes that are held.
  var byteCount: Int { get }
}
