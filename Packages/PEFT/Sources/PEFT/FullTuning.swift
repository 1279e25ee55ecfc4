import TensorCore
import TuningCore

/// Full tuning: every parameter of the model trains, tied ones once; or every parameter of some of its blocks.
///
/// - Cost: no extra parameters; weights that train and are mapped from a file are copied.
public struct FullTuning: TuningScheme {
  /// Numbers of the transformer blocks; nil: the whole model, embeddings and head with it.
  public var blocks: ClosedRange<Int>?

  public init(blocks: ClosedRange<Int>? = nil) { self.blocks = blocks }

  public func trainable(of model: any LanguageModel, parameters: ParameterSet) throws -> [TrainableShape] {
    try TargetModules.parameters(of: parameters, in: blocks).map { parameters.shape(of: $0.path) }
  }

  public func attach(to state: inout ModelState, of model: any LanguageModel, seeds: SeedSequence) throws {
    try state.train(trainable(of: model, parameters: state.parameters).map(\.path))
  }

  public func detach(from state: inout ModelState) { state.freeze() }

  /// The learnt values are the model's already.
  public func merge(into state: inout ModelState) { detach(from: &state) }
}

extension FullTuning {
  public static let componentDescription = ComponentDescription(
    name: "full", summary: "Every parameter trains, of the model or of some of its blocks.",
    reference: "the benchmark's FT",
    cost: "no extra parameters; weights that train and were mapped from the file are copied into memory",
    options: [.layers])

  /// - Throws: `TuningError.invalidOption` for layers that are neither `all`, a number nor a range.
  public init(options: Options) throws { self.init(blocks: try options.blocks(of: "full")) }
}
