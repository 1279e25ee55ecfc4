import TensorCore
import TuningCore

/// Full tuning: every parameter of the model trains, tied ones once.
///
/// - Cost: no extra parameters; weights that are mapped from a file are copied.
public struct FullTuning: TuningScheme {
  public static let componentDescription = ComponentDescription(
    name: "full", summary: "Every parameter of the model trains.", reference: "the benchmark's FT",
    cost: "no extra parameters; weights that were mapped from the file are copied into memory")

  public init() {}

  public func trainable(of model: any LanguageModel, parameters: ParameterSet) -> [TrainableShape] {
    parameters.paths.map(parameters.shape)
  }

  public func attach(to state: inout ModelState, of model: any LanguageModel, seeds: SeedSequence) throws {
    try state.train(state.parameters.paths)
  }

  public func detach(from state: inout ModelState) { state.freeze() }

  /// The learnt values are the model's already.
  public func merge(into state: inout ModelState) { detach(from: &state) }
}
