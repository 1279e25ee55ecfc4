import TuningCore

/// Chooses linear layers by the ends of their module names, `q_proj` takes every block's `...self_attn.q_proj`, and by
/// the blocks that they lie in.
public struct TargetModules: Sendable, Equatable {
  public static let allLinear = "all-linear"
  public let names: [String]
  /// Numbers of the transformer blocks; nil: all.
  public let blocks: ClosedRange<Int>?

  public init(_ names: [String], blocks: ClosedRange<Int>? = nil) {
    self.names = names
    self.blocks = blocks
  }

  /// The layers' weights in the model's order.
  ///
  /// - Throws: `TuningError.unmatchedTarget` where a name takes no layer, in the chosen blocks or at all, or a block is
  ///   not there: nothing is left out in silence.
  public func layers(of parameters: ParameterSet) throws -> [Parameter] {
    let linear = parameters.parameters.filter { $0.role == .linear }.map { (parameter: $0, module: Module($0.path)) }
    try checkBlocks(linear.compactMap(\.module.block).max().map { $0 + 1 } ?? 0)
    let inBlocks = linear.filter { layer in blocks.map { $0.contains(layer.module.block ?? -1) } ?? true }
    if names == [TargetModules.allLinear] {
      // As PEFT's: what turns states into logits lies in no block and is left out.
      let layers = inBlocks.filter { $0.module.block != nil }
      guard !layers.isEmpty else {
        throw TuningError(.unmatchedTarget, "none of the model's \(linear.count) linear layers lies in a block")
      }
      return layers.map(\.parameter)
    }
    let endings = Set(linear.map(\.module.lastName)).sorted()
    for name in names where !inBlocks.contains(where: { $0.module.matches(name) }) {
      let isElsewhere = linear.contains { $0.module.matches(name) }
      throw TuningError(
        .unmatchedTarget,
        isElsewhere
          ? "target '\(name)' matches no linear layer of the chosen blocks: take it or the choice of blocks away"
          : "target '\(name)' matches none of the model's \(linear.count) linear layers."
            + "\(NearName.hint(for: name, among: endings)) Their names end in \(endings.joined(separator: ", ")).")
    }
    return inBlocks.filter { layer in names.contains { layer.module.matches($0) } }.map(\.parameter)
  }

  private func checkBlocks(_ count: Int) throws {
    guard let blocks, blocks.upperBound >= count else { return }
    throw TuningError(
      .unmatchedTarget,
      "blocks \(blocks.lowerBound)-\(blocks.upperBound) are asked for, the model has \(count): 0 to \(count - 1)")
  }

  private struct Module {
    let name: String

    init(_ weight: ParameterPath) { name = weight.moduleName }

    func matches(_ target: String) -> Bool { name == target || name.hasSuffix("." + target) }
    var lastName: String { String(name.split(separator: ".").last ?? "") }
    /// The first number among the name's parts: `model.layers.7.mlp.up_proj` lies in block 7.
    var block: Int? { name.split(separator: ".").lazy.compactMap { Int($0) }.first }
  }
}

extension ParameterPath {
  /// The name of a layer's weight without `.weight`.
  var moduleName: String { name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name }
}
