import Configurations
import Foundation
import Transformers
import TuningCore

/// What a tuning scheme would train of a model, from the model's configuration alone.
public struct SchemeReport: Sendable, Codable, Equatable {
  /// A tensor that would train.
  public struct TensorRow: Sendable, Codable, Equatable {
    public var name: String
    public var shape: [Int]
  }

  /// The scheme's name.
  public var scheme: String
  public var family: String
  /// Number of the model's parameters, tied ones once.
  public var parameters: Int
  /// Number of parameters that would train.
  public var trainable: Int
  public var tensors: [TensorRow]

  /// Most layers of a model that is known by its configuration alone: no weights bound what is made for each of them.
  static let largestLayerCount = 10_000

  /// - Parameters:
  ///   - url: a folder with a config.json, weights or not, or a GGUF file.
  ///   - options: of the scheme, each `option=value`, as a recipe's values.
  /// - Throws: `TuningError` for the scheme or its options, or what the scheme finds missing in the model; `ModelError`
  ///   for the configuration; `TrainingError.invalidInput` for what is no option, or more layers than models have.
  public init(of url: URL, scheme name: String, options: [String], components: Components) throws {
    let entry = try components.schemes.entry(name)
    var given: [String: OptionValue] = [:]
    for option in options {
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let kind = entry.description.options.first { $0.name == parts[0] }?.kind ?? .text
      guard parts.count == 2, let value = try? ConfigurationValue(override: parts[1]).typed(as: kind) else {
        throw TrainingError(.invalidInput, "--set \(option): write option=value, such as rank=4")
      }
      given[parts[0]] = value
    }
    let scheme = try components.schemes.make(name, options: given)
    let configuration = try PretrainedModel.configuration(of: url)
    guard configuration.layerCount <= Self.largestLayerCount else {
      throw TrainingError(
        .invalidInput,
        "\(url.path): \(configuration.layerCount) layers, the most are \(Self.largestLayerCount)")
    }
    let shapes = try configuration.shapes()
    let trainable = try scheme.trainable(of: configuration.makeModel(), parameters: shapes)
    self.scheme = name
    family = configuration.modelType
    parameters = shapes.count
    self.trainable = trainable.reduce(0) { $0 + $1.count }
    tensors = trainable.map { TensorRow(name: $0.path.name, shape: $0.shape) }
  }
}
