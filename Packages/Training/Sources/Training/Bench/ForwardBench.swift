import Foundation
import TensorCore
import TuningCore

/// Where a forward's time goes: what share each kind of operation takes, and at what rate it runs.
public struct ForwardBench: Sendable {
  public var model: BenchModel
  public var dtype: DType
  public var sequences: Int
  public var length: Int
  public var threads: Threads
  public var repetitions: Int

  public init(
    model: BenchModel, dtype: DType = .float32, sequences: Int = 16, length: Int = 64, threads: Threads = .available,
    repetitions: Int = 5
  ) {
    self.model = model
    self.dtype = dtype
    self.sequences = sequences
    self.length = length
    self.threads = threads
    self.repetitions = repetitions
  }

  /// One kind of operation in a forward.
  public struct Row: Sendable, Codable, Equatable {
    public var operation: EvaluatorOperation
    /// Median over the repetitions, of all its calls in a forward.
    public var seconds: Double
    /// Median of its share of the forward's time.
    public var share: Double
    /// 10⁹ multiplications and additions of products a second; 0 where there are none.
    public var gigaflops: Double
    /// 10⁹ bytes a second, activations and weights counted once.
    public var gigabytes: Double
  }

  public struct Report: Sendable, Codable, Equatable {
    public var model: String
    public var dtype: String
    public var threads: Int
    public var tokens: Int
    /// Of the forward: median.
    public var seconds: Double
    /// Of the forward, and of plain products beside it.
    public var gigaflops: Double
    public var ceilingGigaflops: Double
    /// The dearest first.
    public var rows: [Row]
    /// What lies between the operations: positions, angles, the loss.
    public var otherShare: Double
  }

  /// Runs it: a warm-up, and `repetitions` forwards at undisplaced weights.
  public func run() throws -> Report {
    let definition = model.configuration.makeModel(), state = try model.state(dtype: dtype, threads: threads)
    let batch = try model.batch(for: definition.head, sequences: sequences, length: length)
    let counter = WorkCounter(), workspace = Workspace()
    _ = definition.logProbabilities(of: batch, state: state, evaluator: counter)
    var totals: [Double] = [], parts: [[EvaluatorOperation: Double]] = [], ceilings: [Double] = []
    for repetition in 0...repetitions {
      ceilings.append(ceiling())
      let evaluator = TimedEvaluator(EagerEvaluator(threads: threads, workspace: workspace))
      let total = Measurement.seconds {
        _ = definition.logProbabilities(of: batch, state: state, evaluator: evaluator)
      }
      // The first brings memory and caches into the state of a running training.
      guard repetition > 0 else { continue }
      totals.append(total)
      parts.append(evaluator.seconds)
    }
    let rows = counter.work.map { operation, work in
      let seconds = Measurement.median(parts.map { $0[operation] ?? 0 })
      return Row(
        operation: operation, seconds: seconds,
        share: Measurement.median(zip(parts, totals).map { ($0[operation] ?? 0) / $1 }),
        gigaflops: work.operations / seconds / 1e9, gigabytes: work.bytes / seconds / 1e9)
    }
    return Report(
      model: model.name, dtype: dtype.name, threads: threads.count, tokens: batch.tokens.count,
      seconds: Measurement.median(totals), gigaflops: counter.operations / Measurement.median(totals) / 1e9,
      ceilingGigaflops: Measurement.median(ceilings), rows: rows.sorted { $0.seconds > $1.seconds },
      otherShare: Measurement.median(zip(parts, totals).map { 1 - $0.values.reduce(0, +) / $1 }))
  }

  private func ceiling() -> Double {
    GemmBench(rows: sequences * length, threads: threads, repetitions: 3).run().gigaflops
  }
}
