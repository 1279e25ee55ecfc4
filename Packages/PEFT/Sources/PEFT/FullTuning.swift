import TensorCore
import TuningCore

/// Full tuning: every parameter of the model trains, tied ones once.
public struct FullTuning: TuningScheme {
  public static let componentDescription = ComponentDescription(
    name: "full", summary: "Every parameter of the model trains.", reference: "the benchmark's FT",
    cost: "no extra parameters; weights that were mapped from the file are copied into memory")

  public init() {}

  public func attach(to state: inout ModelState, seeds: SeedSequence) throws {
    try state.parameters.update { parameter in
      if !parameter.tensor.isWritable { parameter.tensor = try parameter.tensor.copy() }
      parameter.isTrainable = true
    }
  }

  public func detach(from state: inout ModelState) {
    state.parameters.update { $0.isTrainable = false }
  }

  /// The learnt values are the model's already.
  public func merge(into state: inout ModelState) { detach(from: &state) }

  public var adapterConfiguration: [String: OptionValue]? { nil }
}
