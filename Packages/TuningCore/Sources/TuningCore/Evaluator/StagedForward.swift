/// A batch on its way through a model, stage by stage as `ModelAnatomy` numbers them: the embedding (0), the blocks
/// (1 ... L), the log-probabilities (L + 1). What enters a stage may be kept, and a forward begun there.
public struct StagedForward: Sendable {
  public let model: any LanguageModel
  public let state: ModelState
  public let batch: PackedBatch
  private let context: SequenceContext
  /// The rows that are asked, and the targets by their place among these.
  private let asked: (rows: [Int], targets: [PackedBatch.Target])

  /// - Parameter batch: fits the model, as its `validate(_:in:)` says.
  public init(of batch: PackedBatch, model: any LanguageModel, state: ModelState) {
    self.model = model
    self.state = state
    self.batch = batch
    let (rows, targets) = batch.askedRows
    let (context, places) = model.context(of: batch.tokens, layout: batch.layout, rows: rows, state: state)
    self.context = context
    asked = (places ?? rows, targets)
  }

  public var stageCount: Int { model.blockCount + 2 }

  /// The first block's input: [T, C].
  public func embed<E: Evaluator>(evaluator: E) -> E.Value { model.embed(context, state: state, evaluator: evaluator) }

  /// Stage `stage`, a block's: [T, C] → [T, C], of the last one the asked rows.
  public func block<E: Evaluator>(atStage stage: Int, _ hidden: consuming E.Value, evaluator: E) -> E.Value {
    model.block(
      stage - 1, consume hidden, rows: stage == model.blockCount ? asked.rows : nil, context: context, state: state,
      cache: nil, evaluator: evaluator)
  }

  /// The last stage: [targets, 1].
  public func logProbabilities<E: Evaluator>(_ hidden: consuming E.Value, evaluator: E) -> E.Value {
    guard let head = model.head(in: state) else {
      preconditionFailure("logProbabilities: the model has no head; validate(_:) says so")
    }
    let rows = model.blockCount == 0 ? evaluator.gather(hidden, rows: asked.rows) : consume hidden
    let final = model.finish(consume rows, state: state, evaluator: evaluator)
    return evaluator.logProbabilities(
      model.headInput(consume final, state: state, evaluator: evaluator), table: state.parameters.require(head.table),
      bias: head.bias.map { state.parameters.require($0) }, targets: asked.targets)
  }

  /// What enters stage `end`, from what enters stage `start`.
  ///
  /// - Parameters:
  ///   - hidden: nil where `start` is 0.
  ///   - visit: is given what enters each stage after `start`, `end` included.
  public func hidden<E: Evaluator>(
    enteringStage end: Int, from start: Int = 0, _ hidden: consuming E.Value? = nil, evaluator: E,
    visit: (_ stage: Int, _ hidden: E.Value) -> Void = { _, _ in }
  ) -> E.Value {
    precondition(start >= 0 && end > 0 && start <= end && end < stageCount, "StagedForward: stages \(start) ..< \(end)")
    var current: E.Value, stage = start
    switch consume hidden {
    case .some(let given): current = given
    case .none:
      precondition(start == 0, "StagedForward: nothing enters stage \(start)")
      current = embed(evaluator: evaluator)
      stage = 1
      visit(1, current)
    }
    while stage < end {
      current = block(atStage: stage, consume current, evaluator: evaluator)
      stage += 1
      visit(stage, current)
    }
    return current
  }
}
