import Foundation

/// A kind of model that this version loads, as `config.json` names it.
public struct ModelFamily: Sendable {
  /// `model_type`.
  public let modelType: String
  /// Classes of `transformers` that `architectures` may name: the model with one or another head, or without.
  public let architectures: [String]
  /// `general.architecture` of GGUF files that hold such models; nil where none are read.
  public let ggufArchitecture: String?
  /// Whether a model can be given a new classification head: see `NewHead`.
  public let takesNewHead: Bool

  let fromJSON: @Sendable (FolderDescription) throws -> any ModelConfiguration
  let fromGGUF: (@Sendable (GGUFFile) throws -> any GGUFConfiguration)?

  /// Every family, in the order of the README's table.
  public static let all: [ModelFamily] =
    LlamaVariant.allCases.map { llama($0) } + [opt] + BertVariant.allCases.map { bert($0) }

  private static func llama(_ variant: LlamaVariant) -> ModelFamily {
    let comesAsGGUF = variant == .llama || variant == .qwen2
    let fromGGUF: @Sendable (GGUFFile) throws -> any GGUFConfiguration = {
      try LlamaConfiguration($0, variant: variant)
    }
    return ModelFamily(
      modelType: variant.rawValue, architectures: [variant.architecture],
      // Mistral's GGUF files say llama.
      ggufArchitecture: comesAsGGUF ? variant.rawValue : variant == .mistral ? LlamaVariant.llama.rawValue : nil,
      takesNewHead: false, fromJSON: { try LlamaConfiguration($0.json, variant: variant) },
      fromGGUF: comesAsGGUF ? fromGGUF : nil)
  }

  private static let opt = ModelFamily(
    modelType: OPTConfiguration.modelType, architectures: [OPTConfiguration.architecture], ggufArchitecture: nil,
    takesNewHead: false, fromJSON: { try OPTConfiguration($0.json) }, fromGGUF: nil)

  private static func bert(_ variant: BertVariant) -> ModelFamily {
    ModelFamily(
      modelType: variant.rawValue, architectures: variant.architectures.map(\.name), ggufArchitecture: nil,
      takesNewHead: true, fromJSON: { try BertConfiguration($0, variant: variant) }, fromGGUF: nil)
  }

  /// - Throws: `ModelError.unsupported`, naming the type and what is supported.
  static func named(_ modelType: String, file: URL) throws -> ModelFamily {
    guard let family = all.first(where: { $0.modelType == modelType }) else {
      throw unknown("models of type '\(modelType)'", file, all.map(\.modelType))
    }
    return family
  }

  /// - Throws: `ModelError.unsupported`, naming the architecture and what is supported.
  static func configuration(of file: GGUFFile) throws -> any GGUFConfiguration {
    guard let architecture = try file.metadata.string("general.architecture") else {
      throw ModelError(
        .invalidConfiguration, "\(file.url.path): metadata key 'general.architecture' is missing")
    }
    guard let read = all.first(where: { $0.modelType == architecture })?.fromGGUF else {
      let known = all.filter { $0.fromGGUF != nil }.map(\.modelType)
      throw unknown("GGUF files of architecture '\(architecture)'", file.url, known)
    }
    return try read(file)
  }

  private static func unknown(_ what: String, _ file: URL, _ known: [String]) -> ModelError {
    ModelError(
      .unsupported,
      "\(file.path): \(what) are not supported; this version knows \(known.map { "'\($0)'" }.joined(separator: ", "))")
  }
}

/// What a folder says of its model: what a family's configuration is made from.
struct FolderDescription {
  /// `config.json`.
  let json: JSONObject
  /// Names of the tensors that the folder's files hold.
  let tensorNames: Set<String>
  /// Replaces whatever head the model has.
  let newHead: NewHead?
}
