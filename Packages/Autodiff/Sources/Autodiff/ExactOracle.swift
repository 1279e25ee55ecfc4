import TensorCore
import TuningCore

/// Exact derivatives of a language model's loss, and its losses at displacements through the oracle that it is made of.
public final class ExactOracle: GradientOracle {
  /// What a gradient keeps of the forward.
  public enum Memory: String, Sendable, CaseIterable {
    /// The activations of every block: the fastest.
    case whole
    /// Each block's input; its inside is computed anew on the way back: a third more work. (Chen et al. 2016)
    case checkpoints
  }

  /// Losses, model, state.
  public let losses: EagerOracle
  public var memory: Memory
  public private(set) var gradientCount = 0
  public private(set) var slopeCount = 0
  /// Of the last gradient, and the parameters that it was asked for: made once where they stay the same.
  private var kept: (paths: [ParameterPath], sums: GradientSums)?

  public init(_ losses: EagerOracle, memory: Memory = .whole) {
    self.losses = losses
    self.memory = memory
  }

  public func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float] {
    try losses.losses(at: displacements, on: batch)
  }

  public func weight(of batch: PackedBatch) -> Double { losses.weight(of: batch) }

  public func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) { losses.squaredNorm(of: direction) }
  public var queryCount: Int { losses.queryCount }
  public var tokenCount: Int { losses.tokenCount }

  public func remember(_ batches: [PackedBatch], for parts: [Part]) { losses.remember(batches, for: parts) }
  public func parametersChanged(in paths: Set<ParameterPath>) { losses.parametersChanged(in: paths) }
  public func forget() { losses.forget() }

  public func gradient(on batches: [PackedBatch], in support: Support) throws -> Gradient {
    try requireDerivatives()
    let sums = try emptySums(for: support)
    let total = batches.reduce(0) { $0 + weight(of: $1) }
    let loss = try batches.reduce(0.0) { loss, batch in
      let share = weight(of: batch) / total
      return loss + share * Double(try addGradient(on: batch, share: share, to: sums))
    }
    sums.clear(outside: support, threads: losses.threads)
    return Gradient(loss: Float(loss), tensors: sums.tensors)
  }

  /// Adds `share` times the gradient of a batch's loss to `sums`; returns the loss.
  ///
  /// - Throws: `TuningError.invalidBatch`, `.nonFiniteLoss`; `.notApplicable` where the objective has no gradient.
  public func addGradient(on batch: PackedBatch, share: Double = 1, to sums: GradientSums) throws -> Float {
    try requireDerivatives()
    try losses.model.validate(batch, in: losses.state)
    losses.count(queries: 1, on: batch)
    gradientCount += 1
    let pass = BackwardPass(oracle: losses, batch: batch, share: share, sums: sums)
    return try finite(memory == .whole ? pass.whole() : pass.checkpointed())
  }

  private func emptySums(for support: Support) throws -> GradientSums {
    let paths = losses.state.parameters.trainable(in: support).map(\.path)
    if let kept, kept.paths == paths {
      kept.sums.reset(threads: losses.threads)
      return kept.sums
    }
    // What was held goes first, so that two gradients are never in memory at once.
    kept = nil
    let sums = try GradientSums(for: losses.state.parameters) { support.includes($0.path) }
    kept = (paths, sums)
    return sums
  }

  public func directionalDerivatives(
    along directions: [Direction], on batch: PackedBatch
  ) throws -> (loss: Float, slopes: [Float]) {
    try requireDerivatives()
    try losses.model.validate(batch, in: losses.state)
    losses.count(queries: 1, on: batch)
    slopeCount += directions.count
    let eager = EagerEvaluator(threads: losses.threads, workspace: losses.workspace)
    let dual = Dual(eager, along: directions)
    let forward = losses.undisplacedForward(on: batch)
    let start = forward.isKept ? forward.firstStage(where: dual.moves) : 0
    let result = dual.logProbabilities(of: forward, from: start)
    let values = Array(result.primal.floats())
    let loss = try finite(losses.objective.loss(values, on: batch))
    let gradient = losses.objective.gradient(values, on: batch)
    let slopes = directions.indices.map { index in
      guard let tangent = result.tangents?[index].floats() else { return Float(0) }
      return Float(zip(gradient, tangent).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
    }
    return (loss, slopes)
  }

  private func requireDerivatives() throws {
    guard losses.objective.isDifferentiable else {
      throw TuningError(
        .notApplicable,
        "objective '\(losses.objective.rawValue)' changes in jumps and has no gradient: take an optimizer of the zeroth "
          + "order, or another objective")
    }
  }

  private func finite(_ loss: Float) throws -> Float {
    guard loss.isFinite else { throw TuningError(.nonFiniteLoss, "the loss is \(loss): lower the learning rate") }
    return loss
  }
}

/// One batch forwards and back.
private struct BackwardPass {
  let oracle: EagerOracle
  /// Of the batch's gradient in the sums.
  let share: Double
  let sums: GradientSums
  let eager: EagerEvaluator
  let forward: UndisplacedForward
  var stages: StagedForward { forward.stages }
  /// Of the loss by the targets' log-probabilities, where no value changes them.
  let foreseenSlopes: [Float]?

  init(oracle: EagerOracle, batch: PackedBatch, share: Double, sums: GradientSums) {
    self.oracle = oracle
    self.share = share
    self.sums = sums
    eager = EagerEvaluator(threads: oracle.threads, workspace: oracle.workspace)
    foreseenSlopes = oracle.objective.foreseenGradient(on: batch)?.map { Float(share * Double($0)) }
    forward = oracle.undisplacedForward(on: batch)
  }

  /// What enters the first block that a gradient is asked of, where other questions have use for it or know it.
  private func entrance() -> (stage: Int, input: EagerEvaluator.Value)? {
    guard forward.isKept else { return nil }
    let stage = min(forward.firstStage { sums.place(of: $0) != nil }, stages.stageCount - 1)
    return stage == 0 ? nil : (stage, forward.hidden(enteringStage: stage))
  }

  func whole() -> Float {
    let tape = Tape(eager, into: sums, foreseeing: foreseenSlopes), entrance = entrance()
    defer { tape.forget() }
    let hidden = stages.hidden(
      enteringStage: stages.stageCount - 1, from: entrance?.stage ?? 0,
      entrance.map { tape.leaf($0.input, tracked: false) }, evaluator: tape
    ) { stage, hidden in forward.note(enteringStage: stage, hidden.primal) }
    return finish(tape, stages.logProbabilities(hidden, evaluator: tape))
  }

  /// Forwards keeping each block's input alone; then from the end, block after block forwards again and back.
  func checkpointed() -> Float {
    let opening = Tape(eager, into: sums), entrance = entrance(), start = entrance?.stage ?? 1
    defer { opening.forget() }
    let embedded = entrance.map { opening.leaf($0.input, tracked: false) } ?? stages.embed(evaluator: opening)
    if entrance == nil { forward.note(enteringStage: 1, embedded.primal) }
    var inputs: [(primal: EagerEvaluator.Value, isTracked: Bool)] = []
    var current = (primal: embedded.primal, isTracked: opening.isTracked(embedded))
    for stage in start..<stages.stageCount - 1 {
      inputs.append(current)
      let tape = Tape(eager, into: sums)
      let output = stages.block(
        atStage: stage, tape.leaf(current.primal, tracked: current.isTracked), evaluator: tape)
      current = (output.primal, tape.isTracked(output))
      tape.forget()
      forward.note(enteringStage: stage + 1, output.primal)
    }
    let closing = Tape(eager, into: sums, foreseeing: foreseenSlopes)
    defer { closing.forget() }
    let last = closing.leaf(current.primal, tracked: current.isTracked)
    let loss = finish(closing, stages.logProbabilities(last, evaluator: closing))
    var gradient = closing.gradient(of: last)
    for stage in (start..<stages.stageCount - 1).reversed() {
      guard let slopes = gradient else { return loss }
      let entering = inputs.removeLast()
      let tape = Tape(eager, into: sums), input = tape.leaf(entering.primal, tracked: entering.isTracked)
      let output = stages.block(atStage: stage, input, evaluator: tape)
      tape.backward(from: output, slopes: slopes)
      gradient = tape.gradient(of: input)
    }
    if let gradient { opening.backward(from: embedded, slopes: gradient) }
    return loss
  }

  /// The loss of the targets' log-probabilities, and back from there.
  private func finish(_ tape: Tape, _ result: Tape.Value) -> Float {
    let values = Array(result.primal.floats())
    forward.note(logProbabilities: values)
    let loss = oracle.objective.loss(values, on: stages.batch)
    if loss.isFinite {
      let slopes = eager.uninitialized(rows: result.rows, columns: 1)
      for (i, slope) in oracle.objective.gradient(values, on: stages.batch).enumerated() {
        slopes.mutableFloats[i] = Float(share * Double(slope))
      }
      tape.backward(from: result, slopes: slopes)
    }
    return loss
  }
}

extension Dual {
  /// Log-probabilities with their derivatives, begun at `start`, below which nothing moves.
  fileprivate func logProbabilities(of forward: UndisplacedForward, from start: Int) -> Value {
    let stages = forward.stages, last = stages.stageCount - 1, start = min(start, last)
    let input = start == 0 ? nil : Value(primal: forward.hidden(enteringStage: start), tangents: nil)
    let hidden = stages.hidden(enteringStage: last, from: start, input, evaluator: self) { stage, hidden in
      forward.note(enteringStage: stage, hidden.primal)
    }
    let result = stages.logProbabilities(hidden, evaluator: self)
    forward.note(logProbabilities: Array(result.primal.floats()))
    return result
  }
}
