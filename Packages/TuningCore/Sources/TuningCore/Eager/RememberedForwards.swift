import TensorCore

/// The undisplaced forwards of a step's batches, as far as they hold: what enters the stages at which questions begin,
/// and the log-probabilities at the end.
///
/// A change of a parameter that stage s reads first leaves what enters the stages up to s, and nothing else: so parts
/// that are treated from the top down never lose what the next ones need. Inputs are kept of the stages alone at which
/// a part begins.
///
/// - Cost: for each batch, at most L · T · C · 4 bytes and one forward.
final class RememberedForwards {
  /// Of one batch.
  private struct Entry {
    let batch: PackedBatch
    /// By stage.
    var inputs: [Int: EagerEvaluator.Value] = [:]
    var logProbabilities: [Float]?
  }

  let anatomy: ModelAnatomy
  /// The stages, from 1 on, at which a part begins.
  private let beginnings: Set<Int>
  private var entries: [Entry]

  init(_ batches: [PackedBatch], parts: [Part], anatomy: ModelAnatomy) {
    self.anatomy = anatomy
    beginnings = Set(parts.map { anatomy.firstStage(of: $0.paths) }).filter { $0 > 0 && $0 < anatomy.stageCount }
    entries = batches.map { Entry(batch: $0) }
  }

  func index(of batch: PackedBatch) -> Int? { entries.firstIndex { $0.batch == batch } }

  /// The latest stage up to `stage` whose input is known.
  func nearest(_ index: Int, to stage: Int) -> (stage: Int, input: EagerEvaluator.Value)? {
    entries[index].inputs.filter { $0.key <= stage }.max { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  func logProbabilities(_ index: Int) -> [Float]? { entries[index].logProbabilities }

  /// Notes what enters `stage` of the undisplaced forward.
  func note(_ index: Int, enteringStage stage: Int, _ hidden: EagerEvaluator.Value) {
    if beginnings.contains(stage) { entries[index].inputs[stage] = hidden }
  }

  func note(_ index: Int, logProbabilities: [Float]) { entries[index].logProbabilities = logProbabilities }

  func parametersChanged(in paths: Set<ParameterPath>) {
    let stage = anatomy.firstStage(of: paths)
    guard stage < anatomy.stageCount else { return }
    for index in entries.indices {
      entries[index].logProbabilities = nil
      entries[index].inputs = entries[index].inputs.filter { $0.key <= stage }
    }
  }
}
