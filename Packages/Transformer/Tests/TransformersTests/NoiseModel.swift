import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// A small model of References/models: its configuration, and what `transformers` computes of it.
struct NoiseModel: NoiseWeighted, CustomTestStringConvertible {
  struct Padded: Decodable, Sendable {
    let ids: [[Int32]]
    let mask: [[Int32]]
    let types: [[Int32]]?
    let hidden: Floats
  }

  struct ExpectedGeneration: Decodable, Sendable {
    let prompt: [Int32]
    let generated: [Int32]
    /// Whether the model can read no more.
    let reachesEnd: Bool
  }

  let name: String
  let config: String
  let seed: UInt64
  let dtype: String
  let pooler: Bool
  let ids: [Int32]
  let types: [Int32]?
  let hidden: Floats
  let pooled: Floats?
  let logits: Floats?
  let generation: ExpectedGeneration?
  let padded: Padded

  var testDescription: String { name }

  /// The committed ones, and those of a file that ZEROTH_MODEL_GOLDENS names.
  static let all: [NoiseModel] = {
    let more = ProcessInfo.processInfo.environment["ZEROTH_MODEL_GOLDENS"].map { [URL(filePath: $0)] } ?? []
    let files = ["opt", "llama", "bert", "roberta"].map { Goldens.folder.appending(path: "models/\($0).json") } + more
    return files.flatMap(read)
  }()

  /// Those whose weights lie in GGUF files of the same name.
  static let gguf = read(Goldens.folder.appending(path: "models/gguf.json"))

  static func named(_ name: String) -> NoiseModel { all.first { $0.name == name }! }
}

/// A small model whose weights are addressed noise, made here as References/models/noise_models.py makes them.
protocol NoiseWeighted: Decodable, Sendable {
  var name: String { get }
  /// config.json, word for word.
  var config: String { get }
  var seed: UInt64 { get }
  var dtype: String { get }
  /// Whether the model has a pooler, which config.json does not say.
  var pooler: Bool { get }
}

extension NoiseWeighted {
  static func read(_ file: URL) -> [Self] {
    do {
      return try JSONDecoder().decode([Self].self, from: Data(contentsOf: file))
    } catch {
      fatalError("\(file.path): \(error)")
    }
  }

  /// config.json, with changes.
  func json(_ changes: [String: JSONValue] = [:]) throws -> JSONObject {
    let url = URL(filePath: "/somewhere/config.json")
    let value = try Array(config.utf8).withUnsafeBytes { try JSONParser.parse($0, file: url) }
    guard case .object(let members) = value else { throw ModelError(.malformedFile, config) }
    return JSONObject(members.merging(changes) { $1 }, file: url)
  }

  func configuration(
    _ changes: [String: JSONValue] = [:], newHead: NewHead? = nil
  ) throws -> any ModelConfiguration {
    let json = try json(changes)
    return try ModelFamily.named(json.string("model_type") ?? "", file: json.file).fromJSON(
      FolderDescription(json: json, tensorNames: pooler ? ["pooler.dense.weight"] : [], newHead: newHead))
  }

  var modelType: String { get throws { try json().string("model_type") ?? "" } }

  /// Every parameter that the configuration asks for.
  func tensors() throws -> [(name: String, tensor: Tensor)] {
    guard let dtype = DType(name: dtype) else { throw ModelError(.unsupported, dtype) }
    return try configuration().parameters.map { parameter in
      let values = noise(parameter.path, parameter.shape, parameter.role)
      return (parameter.path.name, try Tensor(values, shape: parameter.shape, dtype: dtype))
    }
  }

  /// Norms about 1, biases about 0, matrices that keep their input's size.
  func noise(_ path: ParameterPath, _ shape: [Int], _ role: ParameterRole) -> [Float] {
    var z = [Float](repeating: 0, count: shape.reduce(1, *))
    z.withUnsafeMutableBufferPointer {
      AddressedNoise.fill($0, law: .gaussian, seed: seed, pathHash: path.hash, start: 0)
    }
    return switch role {
    case .norm: z.map { 1 + 0.3 * $0 }
    case .bias: z.map { 0.3 * $0 }
    default: z.map { 1.2 / Float(shape.last!).squareRoot() * $0 }
    }
  }

  /// Writes the folder that a user would have.
  func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(config.utf8).write(to: folder.appending(path: "config.json"))
    try SafetensorsWriter.write(tensors(), to: folder.appending(path: "model.safetensors"))
  }

  func load(newHead: NewHead? = nil) throws -> PretrainedModel {
    try withTemporaryFolder { folder in
      try write(to: folder)
      return try PretrainedModel.load(folder, newHead: newHead)
    }
  }
}

/// Numbers as base64 of float32 bytes.
struct Floats: Decodable, Sendable {
  let values: [Float]

  init(from decoder: any Decoder) throws {
    let data = try decoder.singleValueContainer().decode(Data.self)
    values = data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  /// max |Δ| as a share of the greatest magnitude, or of 1 where that is less: a small logit is a difference of terms
  /// about 1.
  func difference(_ found: some Collection<Float>) -> Float {
    guard found.count == values.count, found.allSatisfy(\.isFinite) else { return .infinity }
    let scale = values.map(\.magnitude).max() ?? 0
    return (zip(found, values).map { ($0 - $1).magnitude }.max() ?? 0) / max(scale, 1)
  }
}
