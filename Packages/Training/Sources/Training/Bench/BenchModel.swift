import TensorCore
import Transformers
import TuningCore

/// A well-known model's shape, to be filled with random numbers and timed.
public struct BenchModel: Sendable {
  /// As the command line calls it.
  public let name: String
  /// Its shape.
  public let configuration: any ModelConfiguration

  /// The models that benchmarks know.
  public static let all = [
    BenchModel(name: "opt-125m", configuration: OPTConfiguration()),
    BenchModel(
      name: "roberta-base",
      configuration: BertConfiguration(
        variant: .roberta, vocabularySize: 50265, positionCount: 514, tokenTypeCount: 1, layerNormEpsilon: 1e-5)),
    BenchModel(
      name: "smollm2-135m",
      configuration: LlamaConfiguration(
        vocabularySize: 49152, hiddenSize: 576, intermediateSize: 1536, layerCount: 30,
        heads: AttentionHeads(queries: 9, groups: 3, dimension: 64), tiesWordEmbeddings: true)),
    // OPT-125M's sizes in LLaMA's form.
    BenchModel(
      name: "llama-125m",
      configuration: LlamaConfiguration(
        vocabularySize: 50272, hiddenSize: 768, intermediateSize: 3072, layerCount: 12,
        heads: AttentionHeads(queries: 12, groups: 12, dimension: 64), tiesWordEmbeddings: true)),
  ]

  /// A model of another shape.
  public init(name: String, configuration: any ModelConfiguration) {
    self.name = name
    self.configuration = configuration
  }

  /// The model of that name; nil for a name that is not in `all`.
  public init?(named name: String) {
    guard let model = BenchModel.all.first(where: { $0.name == name }) else { return nil }
    self = model
  }

  /// Random weights of a fresh model's size, every one trainable.
  public func state(dtype: DType, threads: Threads) throws -> ModelState {
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

  /// Sequences of `length` tokens, of each of which two tokens or labels are asked, as its head is.
  public func batch(for head: OutputHead?, sequences: Int, length: Int) throws -> PackedBatch {
    let texts = (0..<sequences).map { sequence in
      (0..<length).map { Int32(($0 * 37 + sequence * 101) % configuration.vocabularySize) }
    }
    switch head?.prediction {
    case .nextToken:
      return try PackedBatch(texts.map { ScoringRequest(prompt: $0, continuations: [[1], [2]]) })
    case .maskedToken:
      return try PackedBatch(
        cloze: texts.map { ClozeRequest(tokens: $0, blanks: [length / 2], candidates: [[1], [2]]) })
    case .label:
      return try PackedBatch(labelled: texts.map { LabelRequest(tokens: $0, labels: 2) })
    case nil:
      throw TuningError(.invalidBatch, "'\(name)' has no head to be asked")
    }
  }
}
