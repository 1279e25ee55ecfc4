import TensorCore
import TuningCore

/// Head tuning: of the model's end log softmax(x Wᵀ + b) the table W [V, C] trains, and b where there is one; of a
/// classification head its last layer.
///
/// Where the table is the embedding too, it trains as both; `unties` gives the head a copy of its own, and the embedding
/// stays as it is.
///
/// - Cost: V · C parameters; the blocks below are computed once for all displacements of a step.
public struct HeadTuning: TuningScheme {
  public var unties: Bool

  public init(unties: Bool = false) { self.unties = unties }

  public func trainable(of model: any LanguageModel, parameters: ParameterSet) throws -> [TrainableShape] {
    let head = try head(of: model)
    let bias = head.bias.map { [parameters.shape(of: $0)] } ?? []
    guard let own = try separateTable(of: model, head) else { return parameters.inOrder([head.table], bias) }
    return bias + [TrainableShape(own, parameters.require(head.table).tensor.shape)]
  }

  public func attach(to state: inout ModelState, of model: any LanguageModel, seeds: SeedSequence) throws {
    let head = try head(of: model)
    guard let own = try separateTable(of: model, head) else {
      return try state.train([head.table] + [head.bias].compactMap { $0 })
    }
    let copy = try state.parameters.require(head.table).tensor.copy()
    try state.train([head.bias].compactMap { $0 })
    state.parameters.append(Parameter(path: own, tensor: copy, role: .linear, isTrainable: true))
    state.outputTable = own
  }

  public func detach(from state: inout ModelState) {
    if let own = state.outputTable { state.parameters.remove { $0.path == own } }
    state.outputTable = nil
    state.freeze()
  }

  /// The learnt values are the model's already, where the head has no table of its own.
  ///
  /// - Throws: `TuningError.notApplicable` for an untied table: the model that it belongs to is another one.
  public func merge(into state: inout ModelState) throws {
    guard state.outputTable == nil else {
      throw TuningError(
        .notApplicable,
        "a table beside the tied embedding has no place in this model: save it, as a model whose table is not tied")
    }
    detach(from: &state)
  }

  private func head(of model: any LanguageModel) throws -> OutputHead {
    guard let head = model.head else {
      throw TuningError(.notApplicable, "head: the model ends with hidden states, it has no head that could train")
    }
    return head
  }

  /// Where the head's own copy is to lie; nil where none is wanted, or the table is the head's own already.
  private func separateTable(of model: any LanguageModel, _ head: OutputHead) throws -> ParameterPath? {
    guard unties, head.table == model.tokenTable else { return nil }
    guard let table = model.untiedTable else {
      throw TuningError(.notApplicable, "head.untie: this kind of model has no form whose table is not tied")
    }
    return table
  }
}

extension HeadTuning {
  public static let componentDescription = ComponentDescription(
    name: "head", summary: "The output table trains, and its bias; the body stays frozen and mapped.",
    reference: "the benchmark's head tuning, arXiv 2402.11592", cost: "vocabulary · hidden parameters, copied",
    options: [
      OptionSpecification(
        "untie", .boolean, default: .boolean(false),
        help: "where embedding and output table are one: give the head a copy of its own, so that the embedding stays")
    ])

  public init(options: Options) { self.init(unties: options.boolean("untie")) }
}

extension ParameterSet {
  /// Shapes of a table and of what is there already, in the order of the set.
  fileprivate func inOrder(_ paths: [ParameterPath], _ others: [TrainableShape]) -> [TrainableShape] {
    let chosen = Set(paths + others.map(\.path))
    return self.paths.filter(chosen.contains).map(shape)
  }
}
