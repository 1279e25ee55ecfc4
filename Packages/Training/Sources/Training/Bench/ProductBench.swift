import Foundation
import TensorCore
import TuningCore

/// The rate of the evaluator's products beside plain matrix products of the same process: attention in its patterns and
/// lengths, linear layers of many rows and of one, and log-probabilities.
public struct ProductBench: Sendable {
  public var tokens: Int
  public var lengths: [Int]
  /// Numbers of threads to measure with.
  public var threads: [Threads]
  public var repetitions: Int

  public init(
    tokens: Int = 1024, lengths: [Int] = [64, 256, 1024], threads: [Threads] = KernelBench.oneAndAll,
    repetitions: Int = 5
  ) {
    self.tokens = tokens
    self.lengths = lengths
    self.threads = threads
    self.repetitions = repetitions
  }

  public struct Row: Sendable, Codable, Equatable {
    public var product: String
    public var threads: Int
    /// 10⁹ multiplications and additions a second, and those of plain products beside it.
    public var gigaflops: Double
    public var ceilingGigaflops: Double
    /// Of the ceiling.
    public var share: Double
    /// 10⁹ bytes of weights and activations a second, each counted once.
    public var gigabytes: Double
  }

  /// Every product for each number of threads.
  public func run() throws -> [Row] {
    let products = try Product.all(tokens: tokens, lengths: lengths)
    return threads.flatMap { threads in products.map { measure($0, threads) } }
  }

  private func measure(_ product: Product, _ threads: Threads) -> Row {
    let counter = WorkCounter()
    product.prepared(on: counter)()
    let work = counter.work[product.operation] ?? OperationWork()
    let run = product.prepared(on: EagerEvaluator(threads: threads))
    // As many operations, so that a busy machine interrupts both alike; enough rows for the products' full rate.
    let rows = min(4096, max(128 * threads.count, Int(work.operations / (2 * 768 * 768))))
    let gemm = GemmBench(rows: rows, outputs: 768, inputs: 768, threads: threads, repetitions: 2)
    var best = Double.infinity, ceiling = 0.0
    for _ in 0...repetitions {
      ceiling = max(ceiling, gemm.run().gigaflops)
      best = min(best, Measurement.seconds(run), Measurement.seconds(run))
    }
    let rate = work.operations / best / 1e9
    return Row(
      product: product.name, threads: threads.count, gigaflops: rate, ceilingGigaflops: ceiling, share: rate / ceiling,
      gigabytes: work.bytes / best / 1e9)
  }
}

/// A product as models ask for it, in OPT-125M's sizes, to be run on any evaluator.
private struct Product {
  enum Kind {
    case attention(AttentionPattern, length: Int)
    case linear
    case logProbabilities
  }

  let name: String
  let kind: Kind
  let rows: Int
  /// The weight; for attention, what queries, keys and values are taken from.
  let table: Parameter

  private static let heads = AttentionHeads(queries: 12, groups: 12, dimension: 64)

  static func all(tokens: Int, lengths: [Int]) throws -> [Product] {
    let width = heads.queries * heads.dimension
    func table(_ rows: Int, _ dtype: DType = .float32) throws -> Parameter {
      let tensor = try Tensor(zeros: [rows, width], dtype: dtype)
      var values = [Float](repeating: 0, count: tensor.count)
      values.withUnsafeMutableBufferPointer {
        AddressedNoise.fill($0, law: .gaussian, seed: 1, pathHash: 1, start: 0)
        $0.scale(by: 0.05)
        tensor.store(UnsafeBufferPointer($0), at: 0)
      }
      return Parameter(path: "bench", tensor: tensor, role: .linear)
    }
    let short = try table(1024), wide = try table(3072), vocabulary = try table(50272)
    let patterns: [(String, AttentionPattern)] = [
      ("causal", .causal()), ("window of 32", .causal(window: 32)), ("bidirectional", .bidirectional),
    ]
    let attentions = patterns.flatMap { name, pattern in
      lengths.map {
        Product(
          name: "attention, \(name), \(tokens / $0) x \($0)", kind: .attention(pattern, length: $0), rows: tokens,
          table: short)
      }
    }
    let linears = [tokens, 64, 8, 1].map {
      Product(name: "linear 768 to 3072, \($0) rows", kind: .linear, rows: $0, table: wide)
    }
    let narrow = try [DType.float16, .bfloat16].map {
      Product(
        name: "linear 768 to 3072, \(tokens) rows, \($0.name)", kind: .linear, rows: tokens, table: try table(3072, $0))
    }
    let heads = [16, 1].map {
      Product(name: "log-probabilities of 50272, \($0) rows", kind: .logProbabilities, rows: $0, table: vocabulary)
    }
    return attentions + linears + narrow + heads
  }

  var operation: EvaluatorOperation {
    switch kind {
    case .attention: .attention
    case .linear: .linear
    case .logProbabilities: .logProbabilities
    }
  }

  func prepared<E: Evaluator>(on evaluator: E) -> () -> Void {
    let x = evaluator.embedding((0..<rows).map { Int32($0 * 37 % 1024) }, table: table)
    switch kind {
    case .attention(let pattern, let length):
      let starts = stride(from: 0, to: rows, by: length)
      let layout = SequenceLayout(
        segments: starts.map { .init(rows: $0..<min(rows, $0 + length)) },
        positions: (0..<rows).map { Int32($0 % length) })
      return {
        _ = evaluator.attention(
          queries: x, keys: x, values: x, heads: Product.heads, pattern: pattern, layout: layout, cache: nil)
      }
    case .linear:
      return { _ = evaluator.linear(x, weight: table, bias: nil) }
    case .logProbabilities:
      let targets = (0..<rows).map { PackedBatch.Target(row: $0, token: Int32($0)) }
      return { _ = evaluator.logProbabilities(x, table: table, bias: nil, targets: targets) }
    }
  }
}
