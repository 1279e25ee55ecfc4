import TensorCore
import TuningCore

/// Gives the last k transformer blocks, the final norm and an untied head to a second optimizer, which is to descend along
/// exact gradients, and everything below to the first, which is to ask for losses alone.
///
/// Activations are kept of the k blocks only, so memory grows with k from that of the one method to that of the other. A
/// tied table, being the embedding, lies below. The second optimizer's part comes first, and both are asked at the
/// values of the step's beginning: so the loss that the exact gradient's forward finds is the loss at no displacement,
/// which a one-sided estimate need not ask for again (`LossOracle.remember`).
///
/// - Cost: of a gradient, the forward and k blocks backwards; and the first optimizer's questions.
///
/// Reference: Zhang et al., "Revisiting Zeroth-Order Optimization for Memory-Efficient LLM Fine-Tuning", ICML 2024,
/// which says that layers are split; which, and in what order, is our choice.
public struct HybridSplit: Partition {
  /// k, from 1 to the number of blocks.
  public var firstOrderBlocks: Int
  public var updatesAtOnce: Bool { false }

  public init(firstOrderBlocks: Int) { self.firstOrderBlocks = firstOrderBlocks }

  public func parts(of state: ModelState, model: any LanguageModel) throws -> [Part] {
    let count = model.blockCount, k = firstOrderBlocks
    guard k >= 1, k <= count else {
      throw TuningError(
        .unmatchedTarget, "hybrid.first_order_blocks is \(k), and the model has \(count) blocks: take 1 to \(count)")
    }
    let anatomy = ModelAnatomy(of: model, state: state), first = count - k
    func part(_ name: String, _ owner: Part.Owner, _ stages: Range<Int>) throws -> Part {
      let paths = state.parameters.trainable.map(\.path).filter { path in
        anatomy.stage(of: path).map(stages.contains) == true
      }
      guard !paths.isEmpty else {
        throw TuningError(
          .unmatchedTarget,
          "hybrid: nothing trains in the \(name): choose another first_order_blocks, or layers of the tuning scheme "
            + "in both parts")
      }
      return Part(name: name, paths: Set(paths), owner: owner)
    }
    let lower = first == 0 ? "embedding" : "embedding and blocks 0-\(first - 1)"
    return [
      try part("blocks \(first)-\(count - 1) and the head, first order", .second, first + 1..<anatomy.stageCount),
      try part("\(lower), zeroth order", .first, 0..<first + 1),
    ]
  }
}

extension HybridSplit {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "hybrid",
    summary: "The last blocks and the head to second_optimizer, of the first order; the rest to optimizer.",
    reference: "Zhang et al. 2024, arXiv 2402.11592",
    cost: "a gradient of the last blocks, and the first optimizer's questions; activations of the last blocks alone",
    options: [
      OptionSpecification(
        "first_order_blocks", .integer(atLeast: 1, atMost: .max), default: .integer(1),
        help: "how many of the last transformer blocks second_optimizer has")
    ])

  public init(options: Options) { self.init(firstOrderBlocks: options.integer("first_order_blocks")) }
}
