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

  public func gradient(on batches: [PackedBatch], in support: Support) throws -> Gradient {
    let sums = try emptySums(for: support)
    let total = batches.reduce(0) { $0 + weight(of: $1) }
    let loss = try batches.reduce(0.0) { loss, batch in
      let share = weight(of: batch) / total
      return loss + share * Double(try addGradient(on: batch, share: share, to: sums))
    }
    return Gradient(loss: Float(loss), tensors: sums.tensors)
  }

  /// Adds `share` times the gradient of a batch's loss to `sums`; returns the loss.
  ///
  /// - Throws: `TuningError.invalidBatch`, `.nonFiniteLoss`.
  public func addGradient(on batch: PackedBatch, share: Double = 1, to sums: GradientSums) throws -> Float {
    try losses.model.validate(batch)
    losses.count(queries: 1, on: batch)
    gradientCount += 1
    let pass = BackwardPass(oracle: losses, batch: batch, share: share, sums: sums)
    let loss = memory == .whole ? pass.whole(losses.model) : pass.checkpointed(losses.model)
    return try finite(loss)
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
    try losses.model.validate(batch)
    losses.count(queries: 1, on: batch)
    slopeCount += directions.count
    let eager = EagerEvaluator(threads: losses.threads, workspace: losses.workspace)
    let result = losses.model.logProbabilities(
      of: batch, state: losses.state, evaluator: Dual(eager, along: directions))
    let values = Array(result.primal.floats())
    let loss = try finite(losses.objective.loss(values, on: batch))
    let gradient = losses.objective.gradient(values, on: batch)
    let slopes = directions.indices.map { index in
      guard let tangent = result.tangents?[index].floats() else { return Float(0) }
      return Float(zip(gradient, tangent).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
    }
    return (loss, slopes)
  }

  private func finite(_ loss: Float) throws -> Float {
    guard loss.isFinite else { throw TuningError(.nonFiniteLoss, "the loss is \(loss): lower the learning rate") }
    return loss
  }
}

/// One batch forwards and back.
private struct BackwardPass {
  let oracle: EagerOracle
  let batch: PackedBatch
  /// Of the batch's gradient in the sums.
  let share: Double
  let sums: GradientSums
  let eager: EagerEvaluator
  /// Of the loss by the targets' log-probabilities, where no value changes them.
  let foreseenSlopes: [Float]?

  init(oracle: EagerOracle, batch: PackedBatch, share: Double, sums: GradientSums) {
    self.oracle = oracle
    self.batch = batch
    self.share = share
    self.sums = sums
    eager = EagerEvaluator(threads: oracle.threads, workspace: oracle.workspace)
    foreseenSlopes = oracle.objective.foreseenGradient(on: batch)?.map { Float(share * Double($0)) }
  }

  func whole(_ model: any LanguageModel) -> Float {
    let tape = Tape(eager, into: sums, foreseeing: foreseenSlopes)
    let result = model.logProbabilities(of: batch, state: oracle.state, evaluator: tape)
    return finish(tape, result)
  }

  /// Forwards keeping each block's input alone; then from the end, block after block forwards again and back.
  func checkpointed(_ model: any LanguageModel) -> Float {
    let state = oracle.state, context = model.context(of: batch.tokens, layout: batch.layout)
    let (rows, targets) = batch.askedRows
    func block(_ index: Int, _ input: Tape.Value, _ tape: Tape) -> Tape.Value {
      model.block(
        index, input, rows: index == model.blockCount - 1 ? rows : nil, context: context, state: state, cache: nil,
        evaluator: tape)
    }
    var inputs: [(primal: EagerEvaluator.Value, isTracked: Bool)] = []
    let opening = Tape(eager, into: sums)
    let embedded = model.embed(context, state: state, evaluator: opening)
    var current = (primal: embedded.primal, isTracked: opening.isTracked(embedded))
    for index in 0..<model.blockCount {
      inputs.append(current)
      let tape = Tape(eager, into: sums)
      let output = block(index, tape.leaf(current.primal, tracked: current.isTracked), tape)
      current = (output.primal, tape.isTracked(output))
    }
    let closing = Tape(eager, into: sums, foreseeing: foreseenSlopes)
    let last = closing.leaf(current.primal, tracked: current.isTracked)
    let (loss, slopes) = end(model, last, targets, rows, closing)
    var gradient = slopes
    for index in inputs.indices.reversed() {
      guard let slopes = gradient else { return loss }
      let tape = Tape(eager, into: sums), input = tape.leaf(inputs[index].primal, tracked: inputs[index].isTracked)
      let output = block(index, input, tape)
      tape.backward(from: output, slopes: slopes)
      gradient = tape.gradient(of: input)
      inputs.removeLast()
    }
    if let gradient { opening.backward(from: embedded, slopes: gradient) }
    return loss
  }

  /// What follows the last block, forwards and back: the loss, and the slopes of the last block's output.
  private func end(
    _ model: any LanguageModel, _ last: Tape.Value, _ targets: [PackedBatch.Target], _ rows: [Int], _ tape: Tape
  ) -> (Float, EagerEvaluator.Value?) {
    guard let head = model.head else {
      preconditionFailure("a gradient of a model without a head; validate(_:) says so")
    }
    let state = oracle.state
    let asked = model.blockCount == 0 ? tape.gather(last, rows: rows) : last
    let hidden = model.finish(asked, state: state, evaluator: tape)
    let result = tape.logProbabilities(
      model.headInput(hidden, state: state, evaluator: tape), table: state.parameters.require(head.table),
      bias: head.bias.map { state.parameters.require($0) }, targets: targets)
    return (finish(tape, result), tape.gradient(of: last))
  }

  /// The loss of the targets' log-probabilities, and back from there.
  private func finish(_ tape: Tape, _ result: Tape.Value) -> Float {
    let values = Array(result.primal.floats())
    let loss = oracle.objective.loss(values, on: batch)
    if loss.isFinite {
      let slopes = eager.uninitialized(rows: result.rows, columns: 1)
      for (i, slope) in oracle.objective.gradient(values, on: batch).enumerated() {
        slopes.mutableFloats[i] = Float(share * Double(slope))
      }
      tape.backward(from: result, slopes: slopes)
    }
    return loss
  }
}
