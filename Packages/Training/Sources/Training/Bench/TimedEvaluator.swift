import TensorCore
import TuningCore

/// Another evaluator's operations, timed: where a forward's time goes.
public final class TimedEvaluator<Base: Evaluator>: Evaluator {
  public typealias Value = Base.Value

  private let base: Base
  /// What each kind of operation took in all.
  public private(set) var seconds: [EvaluatorOperation: Double] = [:]

  /// Times what `base` does.
  public init(_ base: Base) { self.base = base }

  private func add(_ watch: Stopwatch, to operation: EvaluatorOperation) {
    seconds[operation, default: 0] += watch.seconds
  }

  public func embedding(_ tokens: [Int32], table: Parameter) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .embedding) }
    return base.embedding(tokens, table: table)
  }

  public func rmsNorm(_ x: Value, weight: Parameter, epsilon: Float) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .rmsNorm) }
    return base.rmsNorm(x, weight: weight, epsilon: epsilon)
  }

  public func layerNorm(_ x: Value, weight: Parameter?, bias: Parameter?, epsilon: Float) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .layerNorm) }
    return base.layerNorm(x, weight: weight, bias: bias, epsilon: epsilon)
  }

  public func linear(_ x: Value, weight: Parameter, bias: Parameter?) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .linear) }
    return base.linear(x, weight: weight, bias: bias)
  }

  public func add(_ a: consuming Value, _ b: Value, scale: Float) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .add) }
    return base.add(consume a, b, scale: scale)
  }

  public func activate(_ activation: Activation, _ x: consuming Value) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .activation) }
    return base.activate(activation, consume x)
  }

  public func activate(_ activation: Activation, gate: consuming Value, up: Value) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .gatedActivation) }
    return base.activate(activation, gate: consume gate, up: up)
  }

  public func rotary(_ x: consuming Value, heads: Int, angles: RotaryAngles) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .rotary) }
    return base.rotary(consume x, heads: heads, angles: angles)
  }

  public func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?
  ) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .attention) }
    return base.attention(
      queries: queries, keys: keys, values: values, heads: heads, pattern: pattern, layout: layout, cache: cache)
  }

  public func gather(_ x: Value, rows: [Int]) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .gather) }
    return base.gather(x, rows: rows)
  }

  public func concatenate(_ a: Value, _ b: Value) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .concatenation) }
    return base.concatenate(a, b)
  }

  public func logProbabilities(
    _ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]
  ) -> Value {
    let watch = Stopwatch()
    defer { add(watch, to: .logProbabilities) }
    return base.logProbabilities(x, table: table, bias: bias, targets: targets)
  }
}
