import TensorCore
import Testing
import Training
import Transformers
import TuningCore

/// That benchmarks measure what they say; no times are expected of them.
@Suite struct BenchTests {
  private static let configuration = LlamaConfiguration(
    vocabularySize: 60, hiddenSize: 24, intermediateSize: 40, layerCount: 3,
    heads: AttentionHeads(queries: 4, groups: 2, dimension: 6), tiesWordEmbeddings: true)
  private static let model = BenchModel(name: "tiny", configuration: configuration)

  /// Every layer on all tokens, the last one's output and feed-forward and the logits on the last positions alone,
  /// attention up to each position.
  @Test func workIsThatOfTheFormula() throws {
    let definition = Self.configuration.makeModel(), state = try Self.model.state(dtype: .float32, threads: Threads(1))
    let batch = try Self.model.batch(for: definition.head, sequences: 5, length: 7)
    let counter = WorkCounter()
    _ = definition.logProbabilities(of: batch, state: state, evaluator: counter)
    let before = 24 * (24 + 2 * 12), after = 24 * 24 + 3 * 24 * 40
    let linear = 3 * before * 35 + 2 * after * 35 + after * 5
    #expect(counter.work[.linear]?.operations == Double(2 * linear))
    #expect(counter.work[.attention]?.operations == Double(3 * 5 * 28 * 4 * 24))
    #expect(counter.work[.logProbabilities]?.operations == Double(2 * 5 * 24 * 60))
    #expect(counter.work[.rotary]?.bytes == Double(3 * 35 * (8 * (24 + 12) + 2 * 8 * 3)))
    #expect(counter.operations == counter.work.values.reduce(0) { $0 + $1.operations })
  }

  /// A continuation's row sees the prompt's seven and itself, or of these the last of a window.
  @Test(arguments: [(nil, 28 + 2 * 8), (3, 1 + 2 + 5 * 3 + 2 * 3)] as [(Int?, Int)])
  func attentionCountsWhatIsSeen(_ window: Int?, _ pairs: Int) throws {
    let segments: [SequenceLayout.Segment] = [
      .init(rows: 0..<7), .init(rows: 7..<8, prefix: 0), .init(rows: 8..<9, prefix: 0),
    ]
    let counter = WorkCounter()
    let table = Parameter(path: "t", tensor: try Tensor(zeros: [1, 8]), role: .embedding)
    let x = counter.embedding([Int32](repeating: 0, count: 9), table: table)
    _ = counter.attention(
      queries: x, keys: x, values: x, heads: AttentionHeads(queries: 2, groups: 2, dimension: 4),
      pattern: .causal(window: window),
      layout: SequenceLayout(segments: segments, positions: [Int32](repeating: 0, count: 9)), cache: nil)
    #expect(counter.work[.attention]?.operations == Double(4 * 8 * pairs))
  }

  /// Timing changes no bit and misses no operation.
  @Test func timedIsTheSame() throws {
    let definition = Self.configuration.makeModel(), state = try Self.model.state(dtype: .bfloat16, threads: Threads(1))
    let batch = try Self.model.batch(for: definition.head, sequences: 3, length: 9)
    let plain = EagerEvaluator(threads: Threads(1)), timed = TimedEvaluator(EagerEvaluator(threads: Threads(1)))
    let expected = definition.logProbabilities(of: batch, state: state, evaluator: plain)
    let got = definition.logProbabilities(of: batch, state: state, evaluator: timed)
    #expect(Array(got.floats()) == Array(expected.floats()))
    let operations: Set<EvaluatorOperation> = [
      .embedding, .rmsNorm, .linear, .rotary, .attention, .gather, .add, .gatedActivation, .logProbabilities,
    ]
    #expect(Set(timed.seconds.keys) == operations)
    let counter = WorkCounter()
    _ = definition.logProbabilities(of: batch, state: state, evaluator: counter)
    #expect(Set(counter.work.keys) == operations)
  }

  @Test func sharesOfAForwardAddUp() throws {
    let report = try ForwardBench(model: Self.model, sequences: 2, length: 5, threads: Threads(1), repetitions: 1).run()
    let shares = report.rows.reduce(report.otherShare) { $0 + $1.share }
    #expect(abs(shares - 1) < 1e-9 && report.tokens == 10 && report.rows.count == 9)
    #expect(report.rows.allSatisfy { ($0.gigaflops > 0) == ($0.operation.isProduct || $0.operation == .attention) })
    #expect(report.rows.map(\.seconds) == report.rows.map(\.seconds).sorted(by: >))
  }

  @Test func everyKernelIsMeasuredOnce() throws {
    let rows = try KernelBench(sliceRows: 1, slices: 2, threads: [Threads(1), Threads(2)], repetitions: 1).run()
    let names = Set(rows.map(\.kernel))
    #expect(rows.count == 4 * names.count && names.count > 40)
    for activation in Activation.allCases {
      #expect(names.isSuperset(of: [activation.rawValue, activation.rawValue + ", gated"]))
    }
    #expect(rows.allSatisfy { $0.gigabytes > 0 && $0.share > 0 && $0.share.isFinite })
  }

  @Test func stepsAreMeasured() throws {
    for dtype in DType.allCases {
      let report = try StepBench(
        model: Self.model, dtype: dtype, sequences: 2, length: 5, threads: Threads(1), repetitions: 2
      ).run()
      #expect(report.model == "tiny" && report.tokens == 10 && report.stepSeconds > 0 && report.shareOfCeiling > 0)
      #expect(report.weightBytes == report.parameters * dtype.byteCount)
    }
  }

  @Test func modelsHaveNamesOfTheirOwn() {
    #expect(Set(BenchModel.all.map(\.name)).count == BenchModel.all.count)
    #expect(BenchModel.all.allSatisfy { BenchModel(named: $0.name)?.name == $0.name } && BenchModel(named: "x") == nil)
  }
}
