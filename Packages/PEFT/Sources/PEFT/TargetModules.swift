import TuningCore

/// Chooses layers by the ends of their module names, `q_proj` takes every block's `...self_attn.q_proj`, and by the
/// blocks that they lie in.
public struct TargetModules: Sendable, Equatable {
  /// Every linear layer that lies in a block.
  public static let allLinear = "all-linear"
  /// Every bias.
  public static let allBiases = "all"
  public let names: [String]
  /// Numbers of the transformer blocks; nil: all.
  public let blocks: ClosedRange<Int>?

  public init(_ names: [String], blocks: ClosedRange<Int>? = nil) {
    self.names = names
    self.blocks = blocks
  }

  /// The weights of the linear layers chosen, in the model's order.
  ///
  /// - Throws: `TuningError.unmatchedTarget` where a name takes no layer, in the chosen blocks or at all, or a block is
  ///   not there: nothing is left out in silence.
  public func layers(of parameters: ParameterSet) throws -> [Parameter] {
    let linear = parameters.parameters.filter { $0.role == .linear }.map { (parameter: $0, module: Module($0.path)) }
    guard names == [TargetModules.allLinear] else { return try chosen(of: linear, kind: "linear layer") }
    // As PEFT's: what turns states into logits lies in no block and is left out.
    let layers = try inBlocks(linear).filter { $0.module.block != nil }
    guard !layers.isEmpty else {
      throw TuningError(.unmatchedTarget, "none of the model's \(linear.count) linear layers lies in a block")
    }
    return layers.map(\.parameter)
  }

  /// The biases of the layers chosen, norms among them, in the model's order.
  ///
  /// - Throws: as `layers`.
  public func biases(of parameters: ParameterSet) throws -> [Parameter] {
    let biases = parameters.parameters.filter { $0.role == .bias }.map { (parameter: $0, module: Module($0.path)) }
    guard names == [TargetModules.allBiases] else { return try chosen(of: biases, kind: "layer with a bias") }
    return try inBlocks(biases).map(\.parameter)
  }

  private typealias Candidate = (parameter: Parameter, module: Module)

  /// Every parameter that lies in `blocks`, of whatever role; nil: all.
  ///
  /// - Throws: `TuningError.unmatchedTarget` where a block is not there.
  static func parameters(of parameters: ParameterSet, in blocks: ClosedRange<Int>?) throws -> [Parameter] {
    try inBlocks(blocks, parameters.parameters.map { ($0, Module($0.path)) }).map(\.parameter)
  }

  private func inBlocks(_ candidates: [Candidate]) throws -> [Candidate] { try Self.inBlocks(blocks, candidates) }

  private static func inBlocks(_ blocks: ClosedRange<Int>?, _ candidates: [Candidate]) throws -> [Candidate] {
    guard let blocks else { return candidates }
    let count = candidates.compactMap(\.module.block).max().map { $0 + 1 } ?? 0
    guard blocks.upperBound < count else {
      throw TuningError(
        .unmatchedTarget,
        "blocks \(blocks.lowerBound)-\(blocks.upperBound) are asked for, the model has \(count): 0 to \(count - 1)")
    }
    return candidates.filter { blocks.contains($0.module.block ?? -1) }
  }

  private func chosen(of candidates: [Candidate], kind: String) throws -> [Parameter] {
    let inBlocks = try inBlocks(candidates)
    let endings = Set(candidates.map(\.module.lastName)).sorted()
    for name in names where !inBlocks.contains(where: { $0.module.matches(name) }) {
      let isElsewhere = candidates.contains { $0.module.matches(name) }
      throw TuningError(
        .unmatchedTarget,
        isElsewhere
          ? "target '\(name)' matches no \(kind) of the chosen blocks: take it or the choice of blocks away"
          : "target '\(name)' matches none of the model's \(candidates.count) \(kind.plural)."
            + "\(NearName.hint(for: name, among: endings)) Their names end in \(endings.joined(separator: ", ")).")
    }
    return inBlocks.filter { layer in names.contains { layer.module.matches($0) } }.map(\.parameter)
  }

  private struct Module {
    let name: String

    init(_ parameter: ParameterPath) { name = parameter.moduleName }

    func matches(_ target: String) -> Bool { name == target || name.hasSuffix("." + target) }
    var lastName: String { String(name.split(separator: ".").last ?? "") }
    /// The first number among the name's parts: `model.layers.7.mlp.up_proj` lies in block 7.
    var block: Int? { name.split(separator: ".").lazy.compactMap { Int($0) }.first }
  }
}

extension ParameterPath {
  /// The name of a layer's weight or bias without `.weight` or `.bias`.
  var moduleName: String {
    for ending in [".weight", ".bias"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }
}

extension String {
  /// `linear layer` and `layer with a bias` in the plural.
  fileprivate var plural: String { replacing("layer", with: "layers") }
}
