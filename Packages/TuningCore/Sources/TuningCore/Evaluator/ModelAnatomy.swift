import TensorCore

/// Where a model reads its parameters, stage by stage: the embedding is stage 0, its blocks are 1 ... L, what follows
/// them is L + 1.
///
/// The model's own definition is asked, by running it on an evaluator that computes nothing and writes down what it is
/// given. So this is right of every model with every adapter, without a word about any of them.
public struct ModelAnatomy: Sendable {
  /// The parameters of one operation: a table; a norm; a linear layer with its bias and its adapter.
  public struct Layer: Sendable, Equatable {
    public enum Kind: Sendable { case table, norm, linear }

    public var kind: Kind
    /// Its weight comes first.
    public var paths: [ParameterPath]

    public init(kind: Kind, paths: [ParameterPath]) {
      self.kind = kind
      self.paths = paths
    }
  }

  /// A block's layers between one sum with the residual stream and the next. A norm belongs to the branch that it is
  /// the input of; where a model norms after its sums, to the branch that ends with it.
  public struct Branch: Sendable, Equatable {
    public var layers: [Layer]
    /// Whether attention is in it.
    public var attends: Bool
  }

  /// What the first block's input is made by.
  public let opening: [Layer]
  public let blocks: [[Branch]]
  /// Final norm and head. A tied table stands in `opening` too.
  public let ending: [Layer]
  private let stages: [ParameterPath: Int]

  /// - Parameter state: the model's, with its adapters.
  public init(of model: any LanguageModel, state: ModelState) {
    let adapted = ModelAnatomy.layersOfAdapters(state)
    let context = model.context(of: [0], layout: SequenceLayout(sequenceOf: 1), rows: nil, state: state).context
    let opening = ParameterTrace(adapted)
    _ = model.embed(context, state: state, evaluator: opening)
    self.opening = opening.layers
    blocks = (0..<model.blockCount).map { index in
      let trace = ParameterTrace(adapted)
      _ = model.block(
        index, ParameterTrace.Value(isStream: true), rows: nil, context: context, state: state, cache: nil,
        evaluator: trace)
      return trace.branches
    }
    let ending = ParameterTrace(adapted)
    let hidden = model.finish(ParameterTrace.Value(), state: state, evaluator: ending)
    if let head = model.head(in: state) {
      _ = ending.logProbabilities(
        model.headInput(hidden, state: state, evaluator: ending), table: state.parameters.require(head.table),
        bias: head.bias.map { state.parameters.require($0) }, targets: [])
    }
    self.ending = ending.layers
    let all = [self.opening] + blocks.map { $0.flatMap(\.layers) } + [self.ending]
    stages = Dictionary(
      all.enumerated().flatMap { stage, layers in layers.flatMap(\.paths).map { ($0, stage) } }, uniquingKeysWith: min)
  }

  /// L + 2.
  public var stageCount: Int { blocks.count + 2 }

  /// The first stage that reads the parameter at `path`; nil where no loss depends on it.
  public func stage(of path: ParameterPath) -> Int? { stages[path] }

  /// The first stage that reads any of `paths`; `stageCount` where none does.
  public func firstStage(of paths: some Sequence<ParameterPath>) -> Int {
    paths.reduce(stageCount) { min($0, stages[$1] ?? $0) }
  }

  /// The layer's weight that each parameter of an adapter belongs to.
  private static func layersOfAdapters(_ state: ModelState) -> [ParameterPath: ParameterPath] {
    var layers: [ParameterPath: ParameterPath] = [:]
    for (weight, adapter) in state.adapters {
      let trace = ParameterTrace([:])
      _ = adapter.apply(
        to: ParameterTrace.Value(), base: ParameterTrace.Value(), parameters: state.parameters, evaluator: trace)
      for path in trace.layers.flatMap(\.paths) where path != weight { layers[path] = weight }
    }
    return layers
  }
}
