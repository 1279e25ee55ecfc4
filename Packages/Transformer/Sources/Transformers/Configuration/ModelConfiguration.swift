import Foundation
import TensorCore
import TuningCore

/// A tensor that a model of some configuration has.
public struct ParameterSpecification: Sendable, Equatable {
  /// Hugging Face's name.
  public let path: ParameterPath
  /// Outermost axis first.
  public let shape: [Int]
  /// What it is in its layer.
  public let role: ParameterRole

  public init(path: ParameterPath, shape: [Int], role: ParameterRole) {
    self.path = path
    self.shape = shape
    self.role = role
  }
}

/// What a family of models reads from `config.json` or from a GGUF file's metadata.
///
/// To add a family: a type that conforms, a `LanguageModel` over the evaluator's operations, and a line in
/// `ModelFamily.all`.
public protocol ModelConfiguration: Sendable {
  /// `model_type` as `config.json` writes it.
  var modelType: String { get }
  /// What the names of the base model begin with in a model that has a head: `model`, `bert`; transformers'
  /// `base_model_prefix`. Files that lack it, or have one more, are read too. nil (the default) for none.
  var basePrefix: String? { get }

  /// Number of token ids, V.
  var vocabularySize: Int { get }
  /// Most tokens in a sequence.
  var maximumLength: Int { get }
  /// Number of layers: how many tensors of a kind there are.
  var layerCount: Int { get }
  /// Tokens that end a text.
  var endOfSequence: [Int32] { get }

  /// Every parameter with Hugging Face's name, in the order of the model. Tied weights stand there once.
  var parameters: [ParameterSpecification] { get }
  /// Tensors that files may hold beside the parameters and that say nothing new, with their shape.
  var redundantTensors: [String: [Int]] { get }
  /// Redundant tensors that are copies of a parameter, by its name.
  var tiedTensors: [String: String] { get }
  /// The model's definition.
  func makeModel() -> any LanguageModel
  /// The same model with an output table of its own, behind all other parameters, where it shares the embedding's; nil
  /// (the default) where there is no such form.
  var untied: (any ModelConfiguration)? { get }

  /// `config.json` as `transformers` 4 and 5 read it.
  ///
  /// - Throws: `ModelError.unsupported` where it has no words for this configuration.
  func jsonText(dtype: DType) throws -> String
}

extension ModelConfiguration {
  public var basePrefix: String? { nil }
  public var untied: (any ModelConfiguration)? { nil }
}

extension ModelConfiguration {
  /// The parameters without numbers, for whoever asks for names and shapes alone: they take no memory.
  ///
  /// - Throws: `TensorError.outOfMemory` for more elements than there are addresses.
  public func shapes(dtype: DType = .float32) throws -> ParameterSet {
    var set = ParameterSet()
    for parameter in parameters {
      try set.appendShape(parameter.path, parameter.shape, role: parameter.role, dtype: dtype)
    }
    return set
  }
}

/// A configuration whose tensors also come in GGUF files.
protocol GGUFConfiguration: ModelConfiguration {
  /// Where the file's tensor `name` belongs: the parameter's name, and the order of its rows where the file has
  /// another; nil for a name that is none of the family's.
  func parameter(ofGGUF name: String) -> (name: String, destination: (@Sendable (Int) -> Int)?)?
  /// Tensors of a GGUF file that the configuration has taken account of already.
  static var configurationTensors: Set<String> { get }
}
