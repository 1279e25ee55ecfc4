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
  /// Weights and the widest layer's activations, for a batch of `batchTokens` tokens.
  public var inferenceBytes: Int
  /// The same for a two-sided step on every parameter: two lanes of activations, nothing mapped.
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
    let lane = ModelReport.activationBytes(of: parameters, tokens: batchTokens)
    inferenceBytes = weightBytes + lane
    trainingBytes = weightBytes + 2 * lane
    tensors = parameters.parameters.map {
      TensorRow(name: $0.path.name, dtype: $0.tensor.dtype.name, shape: $0.tensor.shape, bytes: $0.tensor.byteCount)
    }
  }

  /// The greatest number of activations alive at once in a feed-forward layer: the residual, its norm, and two of the
  /// widest layer's outputs.
  private static func activationBytes(of parameters: ParameterSet, tokens: Int) -> Int {
    let linear = parameters.parameters.filter { $0.role == .linear && $0.tensor.rowCount > 1 }
    // The head turns a few rows alone into logits; it is the only linear layer outside the blocks.
    let widest = linear.filter { $0.path.name.hasPrefix("model.layers.") }.map(\.tensor.rowCount).max() ?? 0
    let hidden = parameters.parameters.first { $0.role == .embedding }?.tensor.rowLength ?? 0
    return 4 * tokens * (2 * widest + 2 * hidden)
  }
}
