import TensorCore
import TuningCore

/// BitFit: of every y = W x + b only b trains, norms' biases among them.
///
/// - Cost: no extra parameters; biases, about a thousandth of the model, are copied where they are mapped.
///
/// Reference: Ben Zaken et al., "BitFit: Simple Parameter-efficient Fine-tuning for Transformer-based Masked
/// Language-models", ACL 2022.
public struct BitFit: TuningScheme {
  /// Layers whose biases train, by the ends of their names, or `all`.
  public var targets: TargetModules

  public init(targets: [String] = [TargetModules.allBiases], blocks: ClosedRange<Int>? = nil) {
    self.targets = TargetModules(targets, blocks: blocks)
  }

  public func trainable(of model: any LanguageModel, parameters: ParameterSet) throws -> [TrainableShape] {
    guard parameters.parameters.contains(where: { $0.role == .bias }) else {
      throw TuningError(
        .notApplicable, "bitfit trains biases alone, and the model has none: take another scheme, such as lora")
    }
    return try targets.biases(of: parameters).map { parameters.shape(of: $0.path) }
  }

  public func attach(to state: inout ModelState, of model: any LanguageModel, seeds: SeedSequence) throws {
    try state.train(trainable(of: model, parameters: state.parameters).map(\.path))
  }

  public func detach(from state: inout ModelState) { state.freeze() }

  /// The learnt values are the model's already.
  public func merge(into state: inout ModelState) { detach(from: &state) }
}

extension BitFit {
  public static let componentDescription = ComponentDescription(
    name: "bitfit", summary: "The biases train and nothing else.", reference: "Ben Zaken et al. 2022, arXiv 2106.10199",
    cost: "no extra parameters; only biases are copied into memory",
    options: [
      OptionSpecification(
        "targets", .names, default: .list([.text(TargetModules.allBiases)]),
        help: "ends of the names of the layers whose biases train, or all"),
      .layers,
    ])

  /// - Throws: `TuningError.invalidOption` for layers that are neither `all`, a number nor a range.
  public init(options: Options) throws {
    self.init(targets: options.names("targets"), blocks: try options.blocks(of: "bitfit"))
  }
}
