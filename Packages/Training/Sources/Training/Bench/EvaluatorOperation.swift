import TensorCore
import TuningCore

/// The operations that a model is written in, as benchmarks name them.
public enum EvaluatorOperation: String, Sendable, Codable, CaseIterable {
  case embedding
  case rmsNorm = "rms norm"
  case layerNorm = "layer norm"
  case linear
  case add
  case activation
  case gatedActivation = "gated activation"
  case rotary
  case attention
  case gather
  case concatenation
  case logProbabilities = "log-probabilities"

  /// Whether its cost is that of products of matrices of weights.
  public var isProduct: Bool { self == .linear || self == .logProbabilities }
}

/// What an operation cannot do without.
public struct OperationWork: Sendable, Codable, Equatable {
  /// Multiplications and additions of its matrix products.
  public var operations = 0.0
  /// Bytes of activations and weights that it reads and writes, each once.
  public var bytes = 0.0

  static func += (total: inout OperationWork, work: OperationWork) {
    total.operations += work.operations
    total.bytes += work.bytes
  }
}
