import Autodiff
import Evaluation
import TensorCore
import Transformers
import TuningCore

/// What a training step will take, found by going through one with all arithmetic left out: every operation asks for the
/// memory that it will ask for, and nothing is written to it.
public struct MemoryForecast: Sendable, Codable, Equatable {
  /// Of the parameters, as if all of a mapped file were resident.
  public var weightBytes: Int
  /// The most that activations and their gradients have in use at once.
  public var activationBytes: Int
  /// For the threads.
  public var scratchBytes: Int
  /// Of the trainable parameters.
  public var gradientBytes: Int
  /// Between steps: the optimizer's, and masks.
  public var stateBytes: Int

  public var totalBytes: Int { weightBytes + activationBytes + scratchBytes + gradientBytes + stateBytes }

  /// - Parameter batches: of a step; the largest decides.
  /// - Throws: what the optimizers throw.
  init(
    _ method: Method, model: any LanguageModel, state: ModelState, objective: Objective, batches: [PackedBatch],
    memory: ExactOracle.Memory, threads: Threads
  ) throws {
    var method = method
    let oracle = EagerOracle(model: model, state: state, objective: objective, threads: .idle(threads.count))
    _ = try method.step(
      0, on: batches, oracle: ExactOracle(oracle, memory: memory), record: { _ in }, apply: { _, _ in })
    let cost = method.cost(of: state.parameters)
    weightBytes = state.parameters.byteCount
    activationBytes = oracle.workspace.peakBytes
    scratchBytes = oracle.workspace.scratchBytes
    gradientBytes = cost.gradientBytes
    stateBytes = cost.stateBytes + method.plan.byteCount
  }
}

extension MemoryForecast {
  /// - Parameter machineBytes: all of the machine's memory.
  /// - Throws: `TrainingError.invalidInput` where a step takes more: the system would kill it.
  func requireRoom(in machineBytes: UInt64) throws {
    guard totalBytes > machineBytes else { return }
    func gibibytes(_ bytes: Double) -> String { String(format: "%.1f GiB", bytes / 0x1p30) }
    throw TrainingError(
      .invalidInput,
      "a step on the longest examples takes \(gibibytes(Double(totalBytes))), \(gibibytes(Double(activationBytes))) of them "
        + "for activations, and the machine has \(gibibytes(Double(machineBytes))): lower batch_size or max_length "
        + "(zeroth doctor shows where it goes)")
  }
}

extension Experiment {
  /// Of a step on the longest examples.
  func forecast() throws -> MemoryForecast {
    var forecast = try MemoryForecast(
      method, model: oracle.model, state: oracle.state, objective: oracle.objective,
      batches: [data.longestBatch(of: recipe.batchSize)], memory: exact.memory, threads: recipe.threads)
    if asked is CompletionOracle, let writer {
      // A forward of prompts and answers at once, as above, and what is kept of them from token to token.
      forecast.activationBytes += cacheBytes(of: writer.questions.longestPrompts(recipe.batchSize), writer)
    }
    return forecast
  }

  /// Of the largest batch of an evaluation, beside the weights: activations, the threads' scratch, and what is kept of
  /// answers that the model writes.
  func evaluationBytes() throws -> Int {
    let idle = EagerOracle(
      model: oracle.model, state: oracle.state, objective: oracle.objective, threads: .idle(recipe.threads.count))
    let batches = try [ExamplePart.dev, .test].compactMap { try CandidateRanking.largestBatch(of: data[$0]) }
    for batch in batches { _ = try idle.logProbabilities(on: batch) }
    let cache = writer.map { writer in
      [writer.questions.dev, writer.questions.test].map { cacheBytes(of: $0.map(\.tokens), writer) }.max() ?? 0
    }
    return idle.workspace.peakBytes + idle.workspace.scratchBytes + (cache ?? 0)
  }

  /// What is kept from token to token of prompts and the answers to them.
  private func cacheBytes(of prompts: [[Int32]], _ writer: CompletionWriter) -> Int {
    TextGenerator(oracle.model, state: oracle.state, threads: .idle(1))
      .cacheBytes(of: prompts, adding: writer.questions.maximumTokens)
  }
}
