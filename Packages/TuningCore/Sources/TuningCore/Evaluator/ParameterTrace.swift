import TensorCore

/// Runs a model's operations without computing anything, and writes down which parameters they are given.
final class ParameterTrace: Evaluator {
  /// No numbers; only whether this is the residual stream of a block.
  struct Value {
    var isStream = false
  }

  private var traced: [(layer: ModelAnatomy.Layer, branch: Int)] = []
  private var attendingBranches: Set<Int> = []
  /// Sums with the residual stream so far.
  private var branch = 0
  private let layersOfAdapters: [ParameterPath: ParameterPath]

  /// - Parameter layersOfAdapters: the weight of the layer that an adapter's parameter belongs to.
  init(_ layersOfAdapters: [ParameterPath: ParameterPath]) { self.layersOfAdapters = layersOfAdapters }

  var layers: [ModelAnatomy.Layer] { traced.map(\.layer) }

  var branches: [ModelAnatomy.Branch] {
    (0...branch).map { number in
      ModelAnatomy.Branch(
        layers: traced.filter { $0.branch == number }.map(\.layer), attends: attendingBranches.contains(number))
    }.filter { !$0.layers.isEmpty }
  }

  private func note(_ kind: ModelAnatomy.Layer.Kind, _ parameters: [Parameter?], branch: Int? = nil) {
    let paths = parameters.compactMap { $0?.path }
    guard let first = paths.first else { return }
    if let weight = layersOfAdapters[first], let index = traced.lastIndex(where: { $0.layer.paths[0] == weight }) {
      traced[index].layer.paths += paths.filter { !traced[index].layer.paths.contains($0) }
    } else {
      traced.append((ModelAnatomy.Layer(kind: kind, paths: paths), branch ?? self.branch))
    }
  }

  func embedding(_: [Int32], table: Parameter) -> Value {
    note(.table, [table])
    return Value()
  }

  func rmsNorm(_ x: Value, weight: Parameter, epsilon _: Float) -> Value { norm(x, [weight]) }

  func layerNorm(_ x: Value, weight: Parameter?, bias: Parameter?, epsilon _: Float) -> Value {
    norm(x, [weight, bias])
  }

  /// A norm of the stream opens a branch, or ends one and is the stream from there on: a block whose first layer reads
  /// the stream as it is has the latter.
  private func norm(_ x: Value, _ parameters: [Parameter?]) -> Value {
    let endsBranch = x.isStream && branch > 0 && traced.first?.layer.kind == .linear
    note(.norm, parameters, branch: endsBranch ? branch - 1 : nil)
    return Value(isStream: endsBranch)
  }

  func linear(_: Value, weight: Parameter, bias: Parameter?) -> Value {
    note(.linear, [weight, bias])
    return Value()
  }

  func add(_ a: consuming Value, _ b: Value, scale _: Float) -> Value {
    let joinsStream = a.isStream || b.isStream
    if joinsStream { branch += 1 }
    return Value(isStream: joinsStream)
  }

  func activate(_: Activation, _: consuming Value) -> Value { Value() }
  func activate(_: Activation, gate _: consuming Value, up _: Value) -> Value { Value() }
  func rotary(_: consuming Value, heads _: Int, angles _: RotaryAngles) -> Value { Value() }

  func attention(
    queries _: Value, keys _: Value, values _: Value, heads _: AttentionHeads, pattern _: AttentionPattern,
    layout _: SequenceLayout, cache _: KeyValueCache.Layer?
  ) -> Value {
    attendingBranches.insert(branch)
    return Value()
  }

  func gather(_ x: Value, rows _: [Int]) -> Value { x }
  func concatenate(_ a: Value, _ b: Value) -> Value { Value(isStream: a.isStream && b.isStream) }

  func logProbabilities(_: Value, table: Parameter, bias: Parameter?, targets _: [PackedBatch.Target]) -> Value {
    note(.table, [table, bias])
    return Value()
  }
}
