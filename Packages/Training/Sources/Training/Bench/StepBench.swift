import Evaluation
import Foundation
import TensorCore
import Transformers
import TuningCore

/// Times a full two-sided ZO-SGD step on a LLaMA of random weights, split into its parts and held against the greatest
/// rate of matrix products that the same process reaches at that moment.
public struct StepBench: Sendable {
  public var configuration: LlamaConfiguration
  public var dtype: DType
  public var sequences: Int
  public var length: Int
  public var law: NoiseLaw
  public var threads: Threads
  public var repetitions: Int

  /// The decoder of OPT-125M's size in LLaMA's form: 12 layers, 768, 3,072, vocabulary 50,272, tied.
  public static let opt125M = LlamaConfiguration(
    vocabularySize: 50272, hiddenSize: 768, intermediateSize: 3072, layerCount: 12,
    heads: AttentionHeads(queries: 12, groups: 12, dimension: 64), tiesWordEmbeddings: true)

  public init(
    configuration: LlamaConfiguration = opt125M, dtype: DType = .float32, sequences: Int = 16, length: Int = 64,
    law: NoiseLaw = .gaussian, threads: Threads = .available, repetitions: Int = 5
  ) {
    self.configuration = configuration
    self.dtype = dtype
    self.sequences = sequences
    self.length = length
    self.law = law
    self.threads = threads
    self.repetitions = repetitions
  }

  public struct Report: Sendable, Codable, Equatable {
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
    /// Median over the repetitions of the step's rate against the ceiling beside it.
    public var shareOfCeiling: Double
    public var tokensPerSecond: Double
    public var weightBytes: Int
    /// Peak resident bytes of a forward on the batch, and of the training step.
    public var inferencePeakBytes: Int
    public var trainingPeakBytes: Int
  }

  /// Runs it. Times are medians; the ceiling is measured around every repetition.
  public func run() throws -> Report {
    let state = try randomState()
    let oracle = EagerOracle(model: Llama(configuration), state: state, objective: .classification, threads: threads)
    let batch = try PackedBatch(requests())
    let memory = MemoryMeter()
    memory.restart()
    _ = try oracle.losses(at: [.none], on: batch)
    let inferencePeak = memory.read()?.peak ?? 0
    // One training step before anything is timed: the ceiling's own matrices do not belong to it.
    memory.restart()
    try step(oracle, batch, seed: 0)
    let trainingPeak = memory.read()?.peak ?? 0
    var forwards: [Double] = [], plains: [Double] = [], updates: [Double] = [], ceilings: [Double] = []
    let operations = operationsOfLosses()
    for repetition in 0..<repetitions + 1 {
      let direction = Direction(seed: UInt64(repetition), law: law)
      let before = ceiling()
      let forward = try seconds { _ = try oracle.losses(at: pair(direction), on: batch) }
      let after = ceiling()
      let update = seconds { move(oracle, along: direction) }
      let plain = try 2 * seconds { _ = try oracle.losses(at: [.none], on: batch) }
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
      dtype: dtype.name, law: law.rawValue, threads: threads.count, kernels: KernelPath.name,
      parameters: state.parameters.count, tokens: batch.tokens.count, stepSeconds: median(step),
      forwardSeconds: median(forwards), plainForwardSeconds: median(plains), updateSeconds: median(updates),
      noiseAndUpdateShare: median(zip(noise, step).map { $0 / $1 }), operations: operations,
      gigaflops: operations / median(step) / 1e9, ceilingGigaflops: median(ceilings) / 1e9,
      shareOfCeiling: median(zip(step, ceilings).map { operations / $0 / $1 }),
      tokensPerSecond: Double(2 * batch.tokens.count) / median(step), weightBytes: state.parameters.byteCount,
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

  private func requests() -> [ScoringRequest] {
    (0..<sequences).map { sequence in
      let prompt = (0..<length).map { Int32(($0 * 37 + sequence * 101) % configuration.vocabularySize) }
      return ScoringRequest(prompt: prompt, continuations: [[1], [2]], gold: sequence % 2)
    }
  }

  private func randomState() throws -> ModelState {
    var parameters = ParameterSet()
    for specification in configuration.parameters {
      let tensor = try Tensor(zeros: specification.shape, dtype: dtype)
      let path = specification.path
      threads.forEachRange(of: tensor.count, piece: 1 << 14) { range, _ in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { values in
          AddressedNoise.fill(values, law: .gaussian, seed: 1, pathHash: path.hash, start: range.lowerBound)
          values.scale(by: 0.02)
          if specification.role == .norm { values.update(repeating: 1) }
          tensor.store(UnsafeBufferPointer(values), at: range.lowerBound)
        }
      }
      parameters.append(Parameter(path: path, tensor: tensor, role: specification.role, isTrainable: true))
    }
    return ModelState(parameters: parameters)
  }

  /// Multiplications and additions of the products that two losses cannot do without: every layer on all tokens, the
  /// last one's output and feed-forward and the logits on the last positions alone, attention up to each position.
  private func operationsOfLosses() -> Double {
    let c = configuration, tokens = Double(sequences * length), last = Double(sequences)
    let hidden = Double(c.hiddenSize), wide = Double(c.heads.queries * c.heads.dimension)
    let narrow = Double(c.heads.groups * c.heads.dimension)
    let before = hidden * (wide + 2 * narrow), after = wide * hidden + 3 * hidden * Double(c.intermediateSize)
    let layers = Double(c.layerCount)
    let attention = layers * Double(sequences) * Double(length * (length + 1)) / 2 * 2 * wide
    let products = layers * before * tokens + (layers - 1) * after * tokens + after * last
    return 2 * 2 * (products + attention + last * hidden * Double(c.vocabularySize))
  }

  /// Operations a second of plain products of the model's widest layer, the tokens shared out over the threads.
  private func ceiling() -> Double {
    GemmBench(
      rows: 2 * sequences * length, outputs: configuration.intermediateSize, inputs: configuration.hiddenSize,
      threads: threads, repetitions: 3
    ).run().gigaflops * 1e9
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let watch = Stopwatch()
    try body()
    return watch.seconds
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
