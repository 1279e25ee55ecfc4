import TensorCore
import TuningCore

/// How a text's final hidden states become one vector.
public enum Pooling: String, Sendable, CaseIterable {
  /// Their mean, as sentence-transformers takes it.
  case mean
  /// The first one.
  case firstToken
  /// tanh(W h + b) of the first one: `pooler_output` of BERT's family in `transformers`.
  case pooler
}

extension PretrainedModel {
  /// A vector of each text: [texts][C].
  ///
  /// - Parameters:
  ///   - tokenTypes: which of a pair of texts each token belongs to; nil: all to the first.
  ///   - normalised: divides each by its length, as sentence-transformers does for vectors to be compared.
  /// - Throws: `ModelError.invalidRequest` for texts that the model cannot read, or a pooler that it has not.
  /// - Cost: one forward of all texts at once.
  public func vectors(
    of texts: [[Int32]], tokenTypes: [[Int32]]? = nil, pooling: Pooling = .mean, normalised: Bool = false,
    threads: Threads = .available
  ) throws -> [[Float]] {
    var layout = SequenceLayout(segments: [], positions: [], tokenTypes: tokenTypes?.flatMap { $0 })
    for (number, text) in texts.enumerated() {
      guard !text.isEmpty else { throw ModelError(.invalidRequest, "text \(number) has no tokens") }
      layout.segments.append(.init(rows: layout.positions.count..<layout.positions.count + text.count))
      layout.positions += text.indices.map(Int32.init)
    }
    let tokens = texts.flatMap { $0 }
    try model.check(tokens, layout, in: state)
    let evaluator = EagerEvaluator(threads: threads)
    let firstRows = layout.segments.map(\.rows.lowerBound)
    let hidden = model.hiddenStates(
      of: tokens, layout: layout, rows: pooling == .mean ? nil : firstRows, state: state, evaluator: evaluator)
    var vectors: [[Float]]
    switch pooling {
    case .mean: vectors = layout.segments.map { PretrainedModel.mean(of: hidden, rows: $0.rows) }
    case .firstToken: vectors = PretrainedModel.rows(of: hidden)
    case .pooler:
      guard let bert = model as? Bert, bert.hasPooler else {
        throw ModelError(.invalidRequest, "\(source.url.path): the model has no pooler")
      }
      vectors = PretrainedModel.rows(of: bert.pooled(hidden, state: state, evaluator: evaluator))
    }
    guard normalised else { return vectors }
    for index in vectors.indices {
      let length = vectors[index].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      // As torch's normalize: a vector of zeros stays one.
      let factor = Float(1 / max(length, 1e-12))
      vectors[index] = vectors[index].map { $0 * factor }
    }
    return vectors
  }

  private static func rows(of value: EagerEvaluator.Value) -> [[Float]] {
    (0..<value.rows).map { Array(value.floats()[$0 * value.columns..<($0 + 1) * value.columns]) }
  }

  private static func mean(of value: EagerEvaluator.Value, rows: Range<Int>) -> [Float] {
    var sum = [Float](repeating: 0, count: value.columns)
    let floats = value.floats()
    for row in rows {
      for column in sum.indices { sum[column] += floats[row * value.columns + column] }
    }
    return sum.map { $0 / Float(rows.count) }
  }
}
