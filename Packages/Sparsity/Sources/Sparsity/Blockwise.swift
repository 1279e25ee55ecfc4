import TensorCore
import TuningCore

/// Cuts the parameters into blocks, each with directions of its own: the variance of an estimate grows with the number of
/// elements that a direction reaches, the forwards with the number of blocks.
///
///     transformer-block    each transformer block
///     attention-mlp        each block's attention and feed-forward half; the norm that opens a half is part of it, and
///                          where norms come after the sums, the one that ends it
///     linear               each linear layer with its bias; each block's norms together
///
/// and at every level each layer outside of the blocks: every embedding table, the final norm, an untied head, with
/// their biases. What an adapter has on a layer goes with the layer. A tied table is one part, that of the embedding.
/// Parts without a trainable parameter are not there, nor is what no loss reads.
///
/// The order is from the top down. Below a part nothing has changed since the step began, even where updates are made at
/// once, so what enters it is the same as at the start: an oracle that remembers its forwards runs no layer below it
/// again (`LossOracle.remember`).
///
/// - Cost: an optimizer's questions for each part; with n transformer blocks and memory of the forwards, about half of
///   the blocks' work in each.
///
/// Reference: Zhang et al., "Revisiting Zeroth-Order Optimization for Memory-Efficient LLM Fine-Tuning", ICML 2024
/// (whose code gives every block the same noise).
public struct Blockwise: Partition {
  public enum Level: String, Sendable, CaseIterable {
    case transformerBlock = "transformer-block"
    case attentionMLP = "attention-mlp"
    case linear
  }

  public enum Updates: String, Sendable, CaseIterable {
    /// A part's questions are asked at the other parts' new values. (Gauss-Seidel)
    case atOnce = "at-once"
    /// All are asked at the values of the step's beginning. (Jacobi)
    case atEnd = "at-end"
  }

  public var level: Level
  public var updates: Updates
  public var updatesAtOnce: Bool { updates == .atOnce }

  public init(level: Level = .transformerBlock, updates: Updates = .atOnce) {
    self.level = level
    self.updates = updates
  }

  public func parts(of state: ModelState, model: any LanguageModel) throws -> [Part] {
    let anatomy = ModelAnatomy(of: model, state: state), parameters = state.parameters
    func part(_ name: String, _ layers: [ModelAnatomy.Layer], stage: Int) -> Part? {
      // What several stages read belongs to the first.
      let paths = layers.flatMap(\.paths).filter {
        parameters[$0]?.isTrainable == true && anatomy.stage(of: $0) == stage
      }
      return paths.isEmpty ? nil : Part(name: name, paths: Set(paths))
    }
    func apart(_ layers: [ModelAnatomy.Layer], stage: Int) -> [Part] {
      layers.reversed().compactMap { part($0.paths[0].moduleName, [$0], stage: stage) }
    }
    let ending = apart(anatomy.ending, stage: anatomy.stageCount - 1)
    let blocks = anatomy.blocks.enumerated().reversed().flatMap { index, branches in
      cut(branches, ofBlock: index).compactMap { part($0.name, $0.layers, stage: index + 1) }
    }
    let parts = ending + blocks + apart(anatomy.opening, stage: 0)
    guard !parts.isEmpty else {
      throw TuningError(
        .unmatchedTarget, "blockwise: none of the \(parameters.trainable.count) trainable parameters is read by a loss")
    }
    return parts
  }

  /// From the last to the first.
  private func cut(
    _ branches: [ModelAnatomy.Branch], ofBlock index: Int
  ) -> [(name: String, layers: [ModelAnatomy.Layer])] {
    let all = branches.flatMap(\.layers)
    switch level {
    case .transformerBlock: return [("block \(index)", all)]
    case .attentionMLP:
      return branches.reversed().map { ("block \(index) \($0.attends ? "attention" : "mlp")", $0.layers) }
    case .linear:
      return all.reversed().filter { $0.kind != .norm }.map { ($0.paths[0].moduleName, [$0]) }
        + [("block \(index) norms", all.filter { $0.kind == .norm })]
    }
  }
}

extension Blockwise {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "blockwise",
    summary: "Asks about one block of the model after the other, each along directions of its own.",
    reference: "Zhang et al. 2024, arXiv 2402.11592",
    cost: "the optimizer's questions for each block; what lies below a block runs once a step for all of them",
    options: [
      OptionSpecification(
        "level", .choice(Level.allCases.map(\.rawValue)), default: .text(Level.transformerBlock.rawValue),
        help: "what a block is"),
      OptionSpecification(
        "updates", .choice(Updates.allCases.map(\.rawValue)), default: .text(Updates.atOnce.rawValue),
        help: "at-once: the next block sees the last one's update; at-end: all are asked first"),
    ])

  public init(options: Options) {
    self.init(level: Level(rawValue: options.text("level"))!, updates: Updates(rawValue: options.text("updates"))!)
  }
}

extension ParameterPath {
  /// Without `.weight`.
  var moduleName: String { name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name }
}
