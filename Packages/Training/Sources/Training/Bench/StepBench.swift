import Evaluation
import Foundation
import TensorCore
import Transformers
import TuningCore

/// Times a full two-sided ZO-SGD step on a model of random weights, split into its parts and held against the greatest
/// rate of matrix products that the same process reaches at that moment.
public struct StepBench: Sendable {
  public var model: BenchModel
  public var dtype: DType
  public var sequences: Int
  public var length: Int
  public var law: NoiseLaw
  public var threads: Threads
  public var repetitions: Int

  public init(
    model: BenchModel, dtype: DType = .float32, sequences: Int = 16, length: Int = 64, law: NoiseLaw = .gaussian,
    threads: Threads = .available, repetitions: Int = 5
  ) {
    self.model = model
    self.dtype = dtype
    self.sequences = sequences
    self.length = length
    self.law = law
    self.threads = threads
    self.repetitions = repetitions
  }

  public struct Report: Sendable, Codable, Equatable {
    public var model: String
    public var dtype: String
    public var law: String
    public var threads: Int
    public var kernels: String
    public var parameters: Int
    public var tokens: Int
    /// Medians, in seconds: the whole step; its pair of forwards; two forwards with undisplaced weights; the update.
    public var stepSeconds: Double
    public var forwardSeconds: Double
    public var plainForwardSeconds: Double
    public var updateSeconds: Double
    /// (displaced forward − plain forward + update) / step.
    public var noiseAndUpdateShare: Double
    /// Floating-point operations that the losses need.
    public var operations: Double
    /// Of the step, and of plain products of the same inner sizes just before and after it.
    public var gigaflops: Double
    public var ceilingGigaflops: Double
    /// Medians over the repetitions of the rates of the step, and of its plain forwards, against the ceiling beside them.
    public var shareOfCeiling: Double
    public var forwardShareOfCeiling: Double
    public var tokensPerSecond: Double
    public var weightBytes: Int
    /// Peak resident bytes of a forward on the batch, and of the training step.
    public var inferencePeakBytes: Int
    public var trainingPeakBytes: Int
  }

  /// Runs it. Times are medians; the ceiling is measured around every repetition.
  public func run() throws -> Report {
    let state = try model.state(dtype: dtype, threads: threads), definition = model.configuration.makeModel()
    let oracle = EagerOracle(model: definition, state: state, objective: .classification, threads: threads)
    let batch = try model.batch(for: definition.head, sequences: sequences, length: length)
    let counter = WorkCounter()
    _ = definition.logProbabilities(of: batch, state: state, evaluator: counter)
    let operations = 2 * counter.operations
    let memory = MemoryMeter()
    memory.restart()
    _ = try oracle.losses(at: [.none], on: batch)
    let inferencePeak = memory.read()?.peak ?? 0
    // One training step before anything is timed: the ceiling's own matrices do not belong to it.
    memory.restart()
    try step(oracle, batch, seed: 0)
    let trainingPeak = memory.read()?.peak ?? 0
    var forwards: [Double] = [], plains: [Double] = [], updates: [Double] = [], ceilings: [Double] = []
    for repetition in 0..<repetitions + 1 {
      let direction = Direction(seed: UInt64(repetition), law: law)
      let before = ceiling(state.parameters)
      let forward = try Measurement.seconds { _ = try oracle.losses(at: pair(direction), on: batch) }
      let after = ceiling(state.parameters)
      let update = Measurement.seconds { move(oracle, along: direction) }
      let plain = try 2 * Measurement.seconds { _ = try oracle.losses(at: [.none], on: batch) }
      // The first repetition brings memory and caches into the state of a running training.
      guard repetition > 0 else { continue }
      forwards.append(forward)
      plains.append(plain)
      updates.append(update)
      ceilings.append((before + after) / 2)
    }
    let step = zip(forwards, updates).map { $0 + $1 }
    let noise = zip(zip(forwards, plains), updates).map { max(0, $0.0 - $0.1) + $1 }
    return Report(
      model: model.name, dtype: dtype.name, law: law.rawValue, threads: threads.count, kernels: KernelPath.name,
      parameters: state.parameters.count, tokens: batch.tokens.count, stepSeconds: Measurement.median(step),
      forwardSeconds: Measurement.median(forwards), plainForwardSeconds: Measurement.median(plains),
      updateSeconds: Measurement.median(updates),
      noiseAndUpdateShare: Measurement.median(zip(noise, step).map { $0 / $1 }), operations: operations,
      gigaflops: operations / Measurement.median(step) / 1e9, ceilingGigaflops: Measurement.median(ceilings) / 1e9,
      shareOfCeiling: Measurement.median(zip(step, ceilings).map { operations / $0 / $1 }),
      forwardShareOfCeiling: Measurement.median(zip(plains, ceilings).map { operations / $0 / $1 }),
      tokensPerSecond: Double(2 * batch.tokens.count) / Measurement.median(step),
      weightBytes: state.parameters.byteCount,
      inferencePeakBytes: inferencePeak, trainingPeakBytes: trainingPeak)
  }

  private func pair(_ direction: Direction) -> [Displacement] {
    [Displacement([Term(1e-3, direction)]), Displacement([Term(-1e-3, direction)])]
  }

  private func move(_ oracle: EagerOracle, along direction: Direction) {
    oracle.state.parameters.apply(Move([Term(1e-9, direction)]), roundingSeed: 1, threads: threads)
  }

  private func step(_ oracle: EagerOracle, _ batch: PackedBatch, seed: UInt64) throws {
    let direction = Direction(seed: seed, law: law)
    _ = try oracle.losses(at: pair(direction), on: batch)
    move(oracle, along: direction)
  }

  /// Operations a second of plain products of the model's widest layer, the tokens shared out over the threads.
  private func ceiling(_ parameters: ParameterSet) -> Double {
    let widest = parameters.parameters.filter { $0.role == .linear }.max { $0.tensor.count < $1.tensor.count }
    return GemmBench(
      rows: 2 * sequences * length, outputs: widest?.tensor.rowCount ?? 3072, inputs: widest?.tensor.rowLength ?? 768,
      threads: threads, repetitions: 3
    ).run().gigaflops * 1e9
  }
}
