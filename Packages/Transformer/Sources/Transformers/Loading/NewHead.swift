import Foundation
import TensorCore
import TuningCore

/// A classification head to be put on a model that has none, or in place of the head that it has.
///
/// Its weights are drawn as `transformers` draws them, from a normal distribution with the configuration's
/// `initializer_range`, its biases are zero; so is what lies between hidden states and labels where the model has
/// nothing there. They are a function of the seed and of the parameters' names.
///
///     let pretrained = try PretrainedModel.load(folder, newHead: .labels(["negative", "positive"], seed: 1))
public struct NewHead: Sendable, Equatable {
  /// Names of the labels, by number.
  public let labels: [String]
  /// Addresses the noise that the weights are made of.
  public let seed: UInt64

  private init(labels: [String], seed: UInt64) {
    self.labels = labels
    self.seed = seed
  }

  /// A head that tells these labels apart.
  public static func labels(_ names: [String], seed: UInt64) -> NewHead { NewHead(labels: names, seed: seed) }

  /// A head that tells `count` labels apart, named as `transformers` does: LABEL_0, LABEL_1...
  public static func labels(_ count: Int, seed: UInt64) -> NewHead { NewHead(labels: numbered(count), seed: seed) }

  static func numbered(_ count: Int) -> [String] { (0..<max(0, count)).map { "LABEL_\($0)" } }
}

/// A configuration that says which of its tensors a new head consists of.
protocol HeadedConfiguration: ModelConfiguration {
  /// Standard deviation of new weights.
  var initializerRange: Double { get }
  /// Tensors that are new with a new head, whatever the files hold.
  var newHeadTensors: [ParameterSpecification] { get }
  /// Tensors that are new where the files hold none.
  var newTensorsIfMissing: [ParameterSpecification] { get }
  /// Whether a file's tensor belongs to a head, of whatever kind.
  func belongsToHead(_ name: String) -> Bool
}

extension BertConfiguration: HeadedConfiguration {
  var newHeadTensors: [ParameterSpecification] {
    let own = [variant.prefix + ".pooler."]
    return classificationTensors.filter { tensor in !own.contains { tensor.path.name.hasPrefix($0) } }
  }

  var newTensorsIfMissing: [ParameterSpecification] {
    let own = newHeadTensors
    return classificationTensors.filter { !own.contains($0) }
  }

  func belongsToHead(_ name: String) -> Bool {
    let heads = ["classifier.", "lm_head.", "cls.", "qa_outputs.", "pooler."]
    let bare = name.hasPrefix(variant.prefix + ".") ? name.dropFirst(variant.prefix.count + 1) : name[...]
    return heads.contains { bare.hasPrefix($0) }
  }

  private var classificationTensors: [ParameterSpecification] {
    guard case .classification(let labels) = head else { return [] }
    let paths = BertPaths(variant)
    return paths.classifierDense.specifications(outputs: hiddenSize, inputs: hiddenSize)
      + paths.classifier.specifications(outputs: labels.count, inputs: hiddenSize)
  }
}

/// Weights with a new head: the files' own without their head, and what is new.
struct NewHeadWeights: WeightSource {
  private let source: any WeightSource
  private let deviation: Float
  private let seed: UInt64
  private var new: [String: ParameterSpecification] = [:]
  var name: String { source.name }
  var format: PretrainedModel.Source.Format { source.format }
  var files: [URL] { source.files }
  var tensorTypes: [String: Int] { source.tensorTypes }
  private(set) var shapes: [String: [Int]]

  /// - Parameter source: with the configuration's names.
  init(_ source: any WeightSource, configuration: any HeadedConfiguration, seed: UInt64) {
    self.source = source
    self.seed = SeedSequence(runSeed: seed).seed(.initialisation)
    deviation = Float(configuration.initializerRange)
    // Only what the new head can go on using stays of the old one.
    let kept = configuration.newTensorsIfMissing.filter { source.shapes[$0.path.name] != nil }
    shapes = source.shapes.filter { name, _ in
      !configuration.belongsToHead(name) || kept.contains { $0.path.name == name }
    }
    for tensor in configuration.newHeadTensors + configuration.newTensorsIfMissing where !kept.contains(tensor) {
      new[tensor.path.name] = tensor
      shapes[tensor.path.name] = tensor.shape
    }
  }

  func tensor(_ name: String, as dtype: DType?) throws -> Tensor {
    guard let specification = new[name] else { return try source.tensor(name, as: dtype) }
    // In float32 where the dtype is left to the file, which has none for it.
    let tensor = try Tensor(zeros: specification.shape)
    guard specification.role == .linear else { return try tensor.copy(as: dtype ?? .float32) }
    AddressedNoise.fill(
      tensor.mutableFloats, law: .gaussian, seed: seed, pathHash: specification.path.hash, start: 0)
    tensor.mutableFloats.scale(by: deviation)
    return dtype == nil || dtype == .float32 ? tensor : try tensor.copy(as: dtype)
  }
}
