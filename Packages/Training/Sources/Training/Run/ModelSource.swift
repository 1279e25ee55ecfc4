import Bundles
import Foundation
import TensorCore
import Tokenizers
import Transformers
import TuningCore

/// Where a model comes from: a Hugging Face folder, a GGUF file or a bundle of either, with the tokenizer that belongs to
/// it.
public struct ModelSource: Sendable {
  /// Of a bundle: where it is unpacked.
  public let path: URL
  /// Another tokenizer than the model's own: a folder, a tokenizer.json or a GGUF file.
  public let tokenizerPath: URL?
  public let dtype: ParameterDType
  /// A classification head in the place of the model's own.
  public let newHead: NewHead?

  /// - Throws: `BundleError`, and `TrainingError.invalidInput` for a bundle of something else.
  public init(
    path: URL, tokenizer: URL? = nil, dtype: ParameterDType = .auto, newHead: NewHead? = nil,
    cache: BundleCache = .standard
  ) throws {
    self.path = try cache.content(of: path, kind: .model)
    tokenizerPath = try tokenizer.map { try cache.content(of: $0, kind: .model) }
    self.dtype = dtype
    self.newHead = newHead
  }

  /// A recipe's model.
  init(_ recipe: ResolvedRecipe) throws {
    try self.init(path: recipe.model, tokenizer: recipe.tokenizer, dtype: recipe.dtype, newHead: recipe.newHead)
  }

  /// - Throws: `ModelError`, `TensorError`.
  public func load() throws -> PretrainedModel {
    try PretrainedModel.load(path, dtype: dtype.dtype, newHead: newHead)
  }

  /// - Throws: `TokenizerError`; `TrainingError.invalidInput` where there is none.
  public func tokenizer() throws -> Tokenizer {
    let place = tokenizerPath ?? path
    guard FileManager.default.fileExists(atPath: place.path) else {
      throw TrainingError(.invalidInput, "\(place.path): there is no such file or folder")
    }
    if place.pathExtension == "gguf" { return try Tokenizer(gguf: GGUFVocabulary(GGUFFile(place).metadata)) }
    if place.pathExtension == "json" { return try Tokenizer(tokenizerJSON: place, configuration: nil) }
    do {
      return try Tokenizer(folder: place)
    } catch let error as TokenizerError where error.code == .unreadableFile {
      throw TrainingError(.invalidInput, "\(error): name a tokenizer with `tokenizer`")
    }
  }

  /// A tokenizer whose ids a model has no rows for belongs to another model.
  ///
  /// - Throws: `TrainingError.invalidInput`.
  public static func check(_ tokenizer: Tokenizer, fits model: any LanguageModel) throws {
    guard tokenizer.vocabularySize <= model.vocabularySize else {
      throw TrainingError(
        .invalidInput,
        "the tokenizer has \(tokenizer.vocabularySize) tokens and the model \(model.vocabularySize): they do not belong together"
      )
    }
  }

  /// A new head that stayed as it was drawn would make every answer a matter of chance.
  ///
  /// - Parameter model: with the scheme attached.
  /// - Throws: `TrainingError.invalidInput`.
  func requireTrainedHead(of model: PretrainedModel, by scheme: String) throws {
    guard newHead != nil, let head = model.model.head(in: model.state) else { return }
    guard model.state.parameters[head.table]?.isTrainable != true else { return }
    throw TrainingError(
      .invalidInput,
      "new_head_labels puts a head on the model, and scheme \(scheme) leaves it as it was drawn: take scheme full or head"
    )
  }

  /// Writes a state of this model as a folder that `transformers` loads, with the tokenizer's files where it has them.
  public func save(_ state: ModelState, _ configuration: any ModelConfiguration, to folder: URL) throws {
    var isFolder: ObjCBool = false
    let companion = tokenizerPath ?? path
    let hasFiles = FileManager.default.fileExists(atPath: companion.path, isDirectory: &isFolder) && isFolder.boolValue
    try PretrainedModel.save(state, configuration, to: folder, companion: hasFiles ? companion : nil)
  }

  /// One hash over the contents of several files, in order.
  public static func hash(of files: [URL]) throws -> ContentHash {
    try ContentHash(of: Data(files.map { try ContentHash(ofFile: $0).hex }.joined(separator: "\n").utf8))
  }

  /// - Parameter weights: the files that the model was read from.
  /// - Throws: `TrainingError.otherBase` where model or tokenizer are not those that a ledger's run began with.
  func require(of header: LedgerHeader, weights: [URL]) throws {
    try requireModel(of: header, weights: weights)
    guard try tokenizerHash() == header.tokenizer else {
      throw TrainingError(
        .otherBase, "\((tokenizerPath ?? path).path): not the tokenizer that the run began with: put it back")
    }
  }

  /// - Parameter weights: the files that the model was read from.
  /// - Throws: `TrainingError.otherBase` where weights or configuration are not those that a ledger's run began with.
  func requireModel(of header: LedgerHeader, weights: [URL]) throws {
    let hash = try Self.hash(of: weights)
    guard hash == header.baseModel else {
      throw TrainingError(
        .otherBase,
        "\(path.path): its weights' hash is \(hash), the run began with \(header.baseModel): put those back, or name them "
          + "where a command takes --base")
    }
    guard header.allows(configuration: try configurationHash()) else {
      throw TrainingError(
        .otherBase, "\(path.path): its config.json is not the one that the run began with: put it back")
    }
  }

  /// Of config.json; nil where there is none.
  func configurationHash() throws -> ContentHash? {
    let file = path.appendingPathComponent("config.json")
    return FileManager.default.fileExists(atPath: file.path) ? try ContentHash(ofFile: file) : nil
  }

  /// Of tokenizer.json or of the GGUF file that holds the vocabulary; of several files, one over all.
  public func tokenizerHash() throws -> ContentHash {
    let place = tokenizerPath ?? path
    let files = ["gguf", "json"].contains(place.pathExtension) ? [place] : try Tokenizer.files(ofFolder: place)
    return files.count == 1 ? try ContentHash(ofFile: files[0]) : try Self.hash(of: files)
  }
}

extension ResolvedRecipe {
  /// nil: the model's own head stays.
  var newHead: NewHead? { newHeadLabels == 0 ? nil : .labels(newHeadLabels, seed: seeds.runSeed) }
}

extension ParameterDType {
  /// nil: as stored.
  var dtype: DType? {
    switch self {
    case .auto: nil
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    }
  }
}

extension GGUFVocabulary {
  /// The tokenizer's part of a GGUF file's metadata.
  ///
  /// - Throws: `ModelError` for a key of another type; `TrainingError.invalidInput` where there is no vocabulary.
  init(_ metadata: GGUFMetadata) throws {
    guard let model = try metadata.string("tokenizer.ggml.model"),
      let tokens = try metadata.strings("tokenizer.ggml.tokens")
    else {
      throw TrainingError(.invalidInput, "\(metadata.file.path): holds no tokenizer: name one with `tokenizer`")
    }
    self.init(
      model: model, pre: try metadata.string("tokenizer.ggml.pre"), tokens: tokens,
      tokenTypes: try metadata.integers("tokenizer.ggml.token_type")?.map(Int32.init(clamping:)),
      merges: try metadata.strings("tokenizer.ggml.merges") ?? [],
      scores: try metadata.numbers("tokenizer.ggml.scores")?.map(Float.init),
      beginningOfSequence: try metadata.token("tokenizer.ggml.bos_token_id"),
      endOfSequence: try metadata.token("tokenizer.ggml.eos_token_id"),
      unknown: try metadata.token("tokenizer.ggml.unknown_token_id"),
      padding: try metadata.token("tokenizer.ggml.padding_token_id"),
      addsBeginningOfSequence: try metadata.bool("tokenizer.ggml.add_bos_token"),
      addsEndOfSequence: try metadata.bool("tokenizer.ggml.add_eos_token"),
      addsSpacePrefix: try metadata.bool("tokenizer.ggml.add_space_prefix"),
      chatTemplate: try metadata.string("tokenizer.chat_template"))
  }
}
