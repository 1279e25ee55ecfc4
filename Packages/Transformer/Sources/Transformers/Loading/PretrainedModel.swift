import Foundation
import TensorCore
import TuningCore

/// A model with its weights, as a Hugging Face folder or a GGUF file holds it.
public struct PretrainedModel: Sendable {
  /// Where a model came from.
  public struct Source: Sendable {
    /// Of the weights.
    public enum Format: String, Sendable, CaseIterable {
      case safetensors
      case gguf
      /// `pytorch_model.bin`.
      case pickle
    }

    public let format: Format
    /// The folder or the GGUF file.
    public let url: URL
    /// The files with the weights.
    public let files: [URL]
    /// The metadata of a GGUF file, with the tokenizer's part.
    public let metadata: GGUFMetadata?
    /// Tensors by what the files call their number format: `["F32": 61, "Q4_1": 210]`.
    public let tensorTypes: [String: Int]
  }

  /// The definition, without weights.
  public let model: any LanguageModel
  /// The model's shape.
  public let configuration: any ModelConfiguration
  /// The parameters, none of them trainable yet.
  public var state: ModelState
  /// Where it came from.
  public let source: Source
  /// Tokens at which generation stops: those of `generation_config.json` where it names any, the configuration's else.
  public let stopTokens: [Int32]

  /// The kinds of models that `load` opens.
  public static var supported: [ModelFamily] { ModelFamily.all }

  /// Opens a Hugging Face folder or a GGUF file.
  ///
  /// - Parameters:
  ///   - dtype: of all parameters; nil keeps what the file has and makes `float32` of quantised tensors. Parameters
  ///     whose dtype stays are views of the mapped file and read-only; the others are copies.
  ///   - newHead: a classification head to be put on a model of a family that takes one: see `ModelFamily`.
  /// - Throws: `ModelError` or `TensorError`, saying which file and what to do.
  /// - Cost: reads headers alone where nothing is converted.
  public static func load(
    _ url: URL, dtype: DType? = nil, threads: Threads = .available, newHead: NewHead? = nil
  ) throws -> PretrainedModel {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw ModelError(.unreadableFile, "\(url.path): there is no such file or folder")
    }
    if let newHead {
      guard !newHead.labels.isEmpty else { throw ModelError(.invalidRequest, "a new head that knows no labels") }
      guard isFolder.boolValue else {
        throw ModelError(.unsupported, "\(url.path): no model that is read from GGUF takes a new classification head")
      }
    }
    return isFolder.boolValue
      ? try load(folder: url, dtype: dtype, newHead: newHead) : try load(gguf: url, dtype: dtype, threads: threads)
  }

  /// A model's shape alone: weights need not be there.
  ///
  /// - Throws: as `load`.
  public static func configuration(of url: URL) throws -> any ModelConfiguration {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    guard !isThere || isFolder.boolValue else { return try ModelFamily.configuration(of: GGUFFile(url)) }
    let (family, json) = try description(of: url)
    return try family.fromJSON(FolderDescription(json: json, tensorNames: [], newHead: nil))
  }

  private static func description(of folder: URL) throws -> (family: ModelFamily, json: JSONObject) {
    let file = folder.appendingPathComponent("config.json")
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw ModelError(
        .unreadableFile,
        "\(folder.path): no config.json: give a Hugging Face model folder, or a GGUF file by its own path")
    }
    let json = try JSONObject(contentsOf: file)
    guard let modelType = try json.string("model_type") else { throw json.error("model_type", "is missing") }
    return (try ModelFamily.named(modelType, file: file), json)
  }

  private static func load(folder: URL, dtype: DType?, newHead: NewHead?) throws -> PretrainedModel {
    let (family, json) = try description(of: folder)
    let weights = try FolderWeights(folder: folder)
    let configuration = try family.fromJSON(
      FolderDescription(json: json, tensorNames: Set(weights.shapes.keys), newHead: newHead))
    return try PretrainedModel(
      configuration, try withNewHead(newHead, weights, configuration, json.file), dtype, url: folder, metadata: nil,
      stopTokens: generationStops(folder) ?? configuration.endOfSequence)
  }

  private static func withNewHead(
    _ head: NewHead?, _ weights: any WeightSource, _ configuration: any ModelConfiguration, _ file: URL
  ) throws -> any WeightSource {
    guard let head else { return weights }
    guard let configuration = configuration as? any HeadedConfiguration else {
      let takers = ModelFamily.all.filter(\.takesNewHead).map(\.modelType).joined(separator: ", ")
      throw ModelError(
        .unsupported,
        "\(file.path): models of type '\(configuration.modelType)' take no new classification head; those of \(takers) do"
      )
    }
    return try NewHeadWeights(
      RenamedWeights(weights, for: configuration), configuration: configuration, seed: head.seed)
  }

  private static func load(gguf url: URL, dtype: DType?, threads: Threads) throws -> PretrainedModel {
    let file = try GGUFFile(url)
    let configuration = try ModelFamily.configuration(of: file)
    let weights = GGUFWeights(file, configuration: configuration, threads: threads)
    return try PretrainedModel(
      configuration, weights, dtype, url: url, metadata: file.metadata, stopTokens: configuration.endOfSequence)
  }

  private init(
    _ configuration: any ModelConfiguration, _ weights: any WeightSource, _ dtype: DType?, url: URL,
    metadata: GGUFMetadata?, stopTokens: [Int32]
  ) throws {
    state = ModelState(parameters: try ParameterLoader(configuration: configuration, source: weights).load(as: dtype))
    model = configuration.makeModel()
    self.configuration = configuration
    source = Source(
      format: weights.format, url: url, files: weights.files, metadata: metadata, tensorTypes: weights.tensorTypes)
    self.stopTokens = stopTokens
  }

  private static func generationStops(_ folder: URL) throws -> [Int32]? {
    let file = folder.appendingPathComponent("generation_config.json")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let stops = try JSONObject(contentsOf: file).tokens("eos_token_id")
    return stops.isEmpty ? nil : stops
  }
}
