import Autodiff
import Evaluation
import Foundation
import TensorCore
import TuningCore

/// Times the training steps of a method on a model of random weights against plain forwards beside them, and holds the
/// memory that they take against the forecast.
public struct MethodBench {
  public var model: BenchModel
  public var dtype: DType
  public var sequences: Int
  /// Of each; every token but the first is predicted.
  public var length: Int
  public var threads: Threads
  public var repetitions: Int

  public init(
    model: BenchModel, dtype: DType = .float32, sequences: Int = 4, length: Int = 128, threads: Threads = .available,
    repetitions: Int = 3
  ) {
    self.model = model
    self.dtype = dtype
    self.sequences = sequences
    self.length = length
    self.threads = threads
    self.repetitions = repetitions
  }

  public struct Report: Sendable, Codable, Equatable {
    public var model: String
    public var scheme: String
    public var optimizer: String
    public var dtype: String
    public var threads: Int
    public var tokens: Int
    public var parameters: Int
    public var trainable: Int
    /// Medians: of a step with its update, and of a forward at undisplaced weights.
    public var stepSeconds: Double
    public var forwardSeconds: Double
    /// Median of the step against the forward beside it.
    public var forwardsPerStep: Double
    public var forecast: MemoryForecast
    /// Greatest resident memory while training, beyond what was resident before the model was made.
    public var measuredBytes: Int
    /// measured / forecast.
    public var measuredShare: Double
  }

  /// Runs the scheme, optimizer and the rest of the method that `settings` name, as a recipe would.
  ///
  /// - Parameter settings: `key=value`, as `--set` of `zeroth train`.
  /// - Throws: what is wrong with the settings; what the components find wrong.
  public func run(_ settings: [String], components: Components) throws -> Report {
    let recipe = try Recipe(
      yaml: "model: \(model.name)\ndata: none\nthreads: \(threads.count)\n", fileName: "bench.yaml",
      folder: .currentDirectory(), overrides: settings
    ).resolve(components: components, tasks: ["sst2"])
    let meter = MemoryMeter(), batch = try batch()
    // The products' own buffers are there before anything is measured.
    _ = GemmBench(rows: 64, outputs: 64, inputs: 64, threads: threads, repetitions: 1).run()
    let baseline = meter.read()?.resident ?? 0
    meter.restart()
    var state = try model.state(dtype: dtype, threads: threads)
    state.parameters.update { $0.isTrainable = false }
    let definition = model.configuration.makeModel()
    try components.schemes.make(recipe.scheme, options: recipe.options(of: recipe.scheme))
      .attach(to: &state, of: definition, seeds: recipe.seeds)
    var method = try Method(recipe, components: components, state: state, model: definition)
    let memory: ExactOracle.Memory = recipe.gradientCheckpointing ? .checkpoints : .whole
    let forecast = try MemoryForecast(
      method, model: definition, state: state, objective: .languageModel, batches: [batch], memory: memory,
      threads: threads)
    let oracle = EagerOracle(model: definition, state: state, objective: .languageModel, threads: threads)
    let exact = ExactOracle(oracle, memory: memory)
    var steps: [Double] = [], forwards: [Double] = []
    for step in 0...repetitions {
      let taken = try Measurement.seconds {
        _ = try method.step(step, on: [batch], oracle: exact, record: { _ in }) { [method] update, part in
          let stepped = StepUpdate(update, step: step, support: method.plan.support(of: part, step: step), in: recipe)
          state.parameters.apply(
            [stepped], state: method.state(of: part), rounding: recipe.rounding, threads: threads)
        }
      }
      let forward = try Measurement.seconds { _ = try oracle.losses(at: [.none], on: batch) }
      // The first brings memory and caches into the state of a running training.
      guard step > 0 else { continue }
      steps.append(taken)
      forwards.append(forward)
    }
    let measured = (meter.read()?.peak ?? baseline) - baseline
    return Report(
      model: model.name, scheme: recipe.scheme, optimizer: recipe.optimizer, dtype: dtype.name,
      threads: threads.count, tokens: batch.tokens.count, parameters: state.parameters.count,
      trainable: state.parameters.trainableCount, stepSeconds: Measurement.median(steps),
      forwardSeconds: Measurement.median(forwards),
      forwardsPerStep: Measurement.median(zip(steps, forwards).map { $0 / $1 }), forecast: forecast,
      measuredBytes: measured, measuredShare: Double(measured) / Double(forecast.totalBytes))
  }

  /// Sequences of which every token but the first is predicted.
  private func batch() throws -> PackedBatch {
    let vocabulary = model.configuration.vocabularySize
    return try PackedBatch(
      (0..<sequences).map { sequence in
        let tokens = (0..<length + 1).map { Int32(($0 * 37 + sequence * 101) % vocabulary) }
        return ScoringRequest(prompt: [tokens[0]], continuations: [Array(tokens[1...])])
      })
  }
}
