import TensorCore

/// A batch's forward at the parameters as they are, of which an `EagerOracle` remembers what a step's questions share.
public struct UndisplacedForward {
  public let stages: StagedForward
  private let oracle: EagerOracle
  private let kept: (forwards: RememberedForwards, index: Int)?

  init(_ oracle: EagerOracle, _ batch: PackedBatch, _ kept: (RememberedForwards, Int)?) {
    stages = StagedForward(of: batch, model: oracle.model, state: oracle.state)
    self.oracle = oracle
    self.kept = kept.map { (forwards: $0, index: $1) }
  }

  /// Whether anything of it is remembered; otherwise it is run anew each time.
  public var isKept: Bool { kept != nil }

  /// What enters `stage`, from 1 on: run from the last stage before it that is remembered.
  public func hidden(enteringStage stage: Int) -> EagerEvaluator.Value {
    let known = kept.flatMap { $0.forwards.nearest($0.index, to: stage) }
    let evaluator = EagerEvaluator(threads: oracle.threads, workspace: oracle.workspace)
    return stages.hidden(
      enteringStage: stage, from: known?.stage ?? 0, known?.input, evaluator: evaluator, visit: note)
  }

  /// At the end: a loss that is counted where it is not remembered.
  func logProbabilities() -> [Float] {
    if let kept, let known = kept.forwards.logProbabilities(kept.index) { return known }
    oracle.count(queries: 1, on: stages.batch)
    let evaluator = EagerEvaluator(threads: oracle.threads, workspace: oracle.workspace)
    let result = stages.logProbabilities(hidden(enteringStage: stages.stageCount - 1), evaluator: evaluator)
    let values = Array(result.floats())
    note(logProbabilities: values)
    return values
  }

  /// The first stage that reads a trainable parameter that `includes` says yes to; `stageCount` where none does.
  public func firstStage(where includes: (Parameter) -> Bool) -> Int {
    oracle.modelAnatomy().firstStage(of: oracle.state.parameters.trainable.lazy.filter(includes).map(\.path))
  }

  /// The first stage that reads anything displaced.
  func firstStage(of displacements: [Displacement]) -> Int {
    let plan = DisplacementPlan(displacements)
    return firstStage(where: plan.displaces)
  }

  /// Counts a block that ran and led to what enters `stage`, and remembers that where it may be of use.
  public func note(enteringStage stage: Int, _ hidden: EagerEvaluator.Value) {
    oracle.countBlock(enteringStage: stage, lanes: hidden.lanes)
    guard let kept else { return }
    kept.forwards.note(kept.index, enteringStage: stage, hidden)
  }

  /// Remembers what a forward of the caller's own found at the end.
  public func note(logProbabilities: [Float]) {
    guard let kept else { return }
    kept.forwards.note(kept.index, logProbabilities: logProbabilities)
  }
}
