import TensorCore
import TuningCore

/// Counts what a forward cannot do without, from shapes alone: products of the rows that take part, attention over the
/// rows that each sees, and every activation read and written once.
public final class WorkCounter: Evaluator {
  /// An activation's shape.
  public struct Value {
    let rows: Int
    let columns: Int

    fileprivate var bytes: Double { 4 * Double(rows) * Double(columns) }
  }

  /// By kind of operation.
  public private(set) var work: [EvaluatorOperation: OperationWork] = [:]

  /// Nothing counted yet.
  public init() {}

  /// Multiplications and additions of all products.
  public var operations: Double { work.values.reduce(0) { $0 + $1.operations } }

  private func count(_ operation: EvaluatorOperation, operations: Double = 0, bytes: Double) {
    work[operation, default: OperationWork()] += OperationWork(operations: operations, bytes: bytes)
  }

  private func bytes(_ parameters: Parameter?...) -> Double {
    parameters.reduce(0) { $0 + Double($1?.tensor.byteCount ?? 0) }
  }

  public func embedding(_ tokens: [Int32], table: Parameter) -> Value {
    let out = Value(rows: tokens.count, columns: table.tensor.rowLength)
    count(.embedding, bytes: out.bytes * Double(4 + table.tensor.dtype.byteCount) / 4)
    return out
  }

  public func rmsNorm(_ x: Value, weight: Parameter, epsilon: Float) -> Value {
    count(.rmsNorm, bytes: 2 * x.bytes + bytes(weight))
    return x
  }

  public func layerNorm(_ x: Value, weight: Parameter?, bias: Parameter?, epsilon: Float) -> Value {
    count(.layerNorm, bytes: 2 * x.bytes + bytes(weight, bias))
    return x
  }

  public func linear(_ x: Value, weight: Parameter, bias: Parameter?) -> Value {
    let out = Value(rows: x.rows, columns: weight.tensor.rowCount)
    count(
      .linear, operations: 2 * Double(x.rows) * Double(weight.tensor.count),
      bytes: x.bytes + out.bytes + bytes(weight, bias))
    return out
  }

  public func add(_ a: consuming Value, _ b: Value, scale: Float) -> Value {
    count(.add, bytes: 3 * b.bytes)
    return a
  }

  public func activate(_ activation: Activation, _ x: consuming Value) -> Value {
    count(.activation, bytes: 2 * x.bytes)
    return x
  }

  public func activate(_ activation: Activation, gate: consuming Value, up: Value) -> Value {
    count(.gatedActivation, bytes: 3 * up.bytes)
    return gate
  }

  public func rotary(_ x: consuming Value, heads: Int, angles: RotaryAngles) -> Value {
    count(.rotary, bytes: 2 * x.bytes + 8 * Double(angles.cosines.count))
    return x
  }

  public func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?
  ) -> Value {
    precondition(cache == nil, "WorkCounter: whole sequences only")
    let shared = keys.rows - queries.rows
    let pairs = layout.segments.reduce(0) { $0 + WorkCounter.pairs($1, pattern, in: layout, shared: shared) }
    count(
      .attention, operations: 4 * Double(pairs) * Double(queries.columns),
      bytes: 2 * queries.bytes + keys.bytes + values.bytes)
    return queries
  }

  /// Pairs of a query and a key that it sees.
  private static func pairs(
    _ segment: SequenceLayout.Segment, _ pattern: AttentionPattern, in layout: SequenceLayout, shared: Int
  ) -> Int {
    let rows = segment.rows.count
    guard case .causal(let window) = pattern else { return rows * (shared + rows) }
    let before = shared + (segment.prefix.map { layout.segments[$0].rows.count } ?? 0)
    return (1...rows).reduce(0) { $0 + min(before + $1, window ?? .max) }
  }

  public func gather(_ x: Value, rows: [Int]) -> Value {
    let out = Value(rows: rows.count, columns: x.columns)
    count(.gather, bytes: 2 * out.bytes)
    return out
  }

  public func concatenate(_ a: Value, _ b: Value) -> Value {
    let out = Value(rows: a.rows + b.rows, columns: a.columns)
    count(.concatenation, bytes: 2 * out.bytes)
    return out
  }

  public func logProbabilities(
    _ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]
  ) -> Value {
    count(
      .logProbabilities, operations: 2 * Double(x.rows) * Double(table.tensor.count),
      bytes: x.bytes + bytes(table, bias))
    return Value(rows: targets.count, columns: 1)
  }
}
