import Foundation
import TensorCore
import Transformers
import TuningCore

/// What a model folder or GGUF file holds, and the memory that working with it will take.
public struct ModelReport: Sendable, Codable, Equatable {
  public struct TensorRow: Sendable, Codable, Equatable {
    public var name: String
    public var dtype: String
    public var shape: [Int]
    public var bytes: Int
  }

  public var family: String
  public var format: String
  /// How many tensors the files hold of each number format.
  public var storedTypes: [String: Int]
  public var parameters: Int
  public var weightBytes: Int
  /// Of `weightBytes`: read from the file as needed, shared between processes.
  public var mappedBytes: Int
  public var vocabulary: Int
  public var maximumLength: Int
  /// Weights and what a forward of a batch of `batchTokens` tokens takes.
  public var inferenceBytes: Int
  /// The same for a two-sided step on every parameter.
  public var trainingBytes: Int
  public var tensors: [TensorRow]

  /// - Throws: `ModelError`, `TensorError`.
  public init(_ source: ModelSource, batchTokens: Int) throws {
    let pretrained = try source.load()
    let parameters = pretrained.state.parameters
    family = pretrained.configuration.modelType
    format = pretrained.source.format.rawValue
    storedTypes = pretrained.source.tensorTypes
    self.parameters = parameters.count
    weightBytes = parameters.byteCount
    mappedBytes = parameters.parameters.reduce(0) { $0 + ($1.tensor.isWritable ? 0 : $1.tensor.byteCount) }
    vocabulary = pretrained.model.vocabularySize
    maximumLength = pretrained.model.maximumLength
    inferenceBytes = weightBytes + ModelReport.forwardBytes(of: pretrained, tokens: batchTokens, displacements: [.none])
    var trained = pretrained
    trained.state.parameters.update { $0.isTrainable = true }
    let direction = Direction(seed: 0), pair = [1, -1].map { Displacement([Term($0, direction)]) }
    trainingBytes = weightBytes + ModelReport.forwardBytes(of: trained, tokens: batchTokens, displacements: pair)
    tensors = parameters.parameters.map {
      TensorRow(name: $0.path.name, dtype: $0.tensor.dtype.name, shape: $0.tensor.shape, bytes: $0.tensor.byteCount)
    }
  }

  /// What a forward takes beside the weights, by one without arithmetic.
  private static func forwardBytes(
    of pretrained: PretrainedModel, tokens: Int, displacements: [Displacement]
  ) -> Int {
    let model = pretrained.model
    // As many of the longest sequences as there are tokens for.
    let length = min(tokens, model.maximumLength), count = tokens / length
    let layout = SequenceLayout(
      segments: (0..<count).map { .init(rows: $0 * length..<($0 + 1) * length) },
      positions: (0..<count).flatMap { _ in (0..<length).map(Int32.init) })
    let evaluator = EagerEvaluator(threads: .idle(Threads.available.count), displacements: displacements)
    _ = model.hiddenStates(
      of: Array(repeating: 0, count: layout.positions.count), layout: layout, state: pretrained.state,
      evaluator: evaluator)
    return evaluator.workspace.peakBytes + evaluator.workspace.scratchBytes
  }
}
