/// Operations by the names of a state's parameters, with what a tuning scheme attached there.
extension Evaluator {
  /// The linear layer whose weight is at `weight` (and bias at `bias`, where the model has one), with its adapter.
  public func linear(_ x: Value, _ weight: ParameterPath, bias: ParameterPath? = nil, in state: ModelState) -> Value {
    let base = linear(x, weight: state.parameters.require(weight), bias: bias.map { state.parameters.require($0) })
    guard let adapter = state.adapters[weight] else { return base }
    return adapter.apply(to: x, base: base, parameters: state.parameters, evaluator: self)
  }

  /// Embeddings of a context's tokens by the table at `table`: [T, C]; a virtual token's is its row of the prompt.
  public func embedding(_ context: SequenceContext, table: ParameterPath, in state: ModelState) -> Value {
    let words = context.tokens.filter { $0 >= 0 }
    let embedded = embedding(words, table: state.parameters.require(table))
    guard let prompt = state.prompt, words.count < context.tokens.count else { return embedded }
    let virtual = rows(of: prompt, in: state)
    var next = state.promptLength
    let order = context.tokens.map { token in
      if let number = SequenceContext.virtualNumber(token) { return number }
      defer { next += 1 }
      return next
    }
    return gather(concatenate(virtual, embedded), rows: order)
  }

  /// Attention of layer `layer`, with the prefix's keys and values before its own; where a cache holds them already,
  /// they are not added again.
  public func attention(
    queries: Value, keys: Value, values: Value, heads: AttentionHeads, pattern: AttentionPattern,
    layout: SequenceLayout, cache: KeyValueCache.Layer?, layer: Int, in state: ModelState
  ) -> Value {
    guard let prefix = state.prefix?.layers[layer], cache.map({ $0.count == 0 }) ?? true else {
      return attention(
        queries: queries, keys: keys, values: values, heads: heads, pattern: pattern, layout: layout, cache: cache)
    }
    return attention(
      queries: queries, keys: concatenate(rows(of: prefix.keys, in: state), keys),
      values: concatenate(rows(of: prefix.values, in: state), values), heads: heads, pattern: pattern, layout: layout,
      cache: cache)
  }

  /// A matrix of the state as an activation.
  private func rows(of path: ParameterPath, in state: ModelState) -> Value {
    let matrix = state.parameters.require(path)
    return embedding((0..<matrix.tensor.rowCount).map(Int32.init), table: matrix)
  }
}
