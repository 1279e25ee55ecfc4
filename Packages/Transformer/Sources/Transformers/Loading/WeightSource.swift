import Foundation
import TensorCore

/// Tensors of a model under Hugging Face's names, whatever format they lie in.
protocol WeightSource {
  /// For messages.
  var name: String { get }
  /// Every tensor of the files, by the name that the model gives it.
  var shapes: [String: [Int]] { get }
  var format: PretrainedModel.Source.Format { get }
  /// The files that hold them.
  var files: [URL] { get }
  /// Tensors by what the files call their number format.
  var tensorTypes: [String: Int] { get }
  /// A view of the file where `dtype` is nil or the file's own, a copy in memory otherwise.
  func tensor(_ name: String, as dtype: DType?) throws -> Tensor
}

/// The weights of a Hugging Face folder: safetensors where it has any, `pytorch_model.bin` else.
struct FolderWeights: WeightSource {
  let name: String
  let format: PretrainedModel.Source.Format
  let files: [URL]
  let tensorTypes: [String: Int]
  let shapes: [String: [Int]]
  private let read: (String) throws -> Tensor

  init(folder: URL) throws {
    if !SafetensorsArchive.exists(in: folder) && TorchArchive.exists(in: folder) {
      self.init(folder, .pickle, try TorchArchive(folder: folder))
    } else {
      self.init(folder, .safetensors, try SafetensorsArchive(folder: folder))
    }
  }

  private init<File>(_ folder: URL, _ format: PretrainedModel.Source.Format, _ archive: TensorArchive<File>) {
    name = folder.path
    self.format = format
    files = archive.files.map(\.url)
    tensorTypes = Dictionary(grouping: archive.entries, by: \.dtype).mapValues(\.count)
    shapes = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0.shape) })
    read = archive.tensor
  }

  func tensor(_ name: String, as dtype: DType?) throws -> Tensor {
    let tensor = try read(name)
    guard let dtype, dtype != tensor.dtype else { return tensor }
    return try tensor.copy(as: dtype)
  }
}

/// The tensors of a GGUF file under their Hugging Face names, rows in Hugging Face's order.
struct GGUFWeights: WeightSource {
  private let file: GGUFFile
  private let threads: Threads
  private var origins: [String: (name: String, destination: (@Sendable (Int) -> Int)?)] = [:]
  var name: String { file.url.path }
  let format = PretrainedModel.Source.Format.gguf
  var files: [URL] { [file.url] }
  var tensorTypes: [String: Int] { Dictionary(grouping: file.entries, by: \.type.name).mapValues(\.count) }
  private(set) var shapes: [String: [Int]] = [:]

  init(_ file: GGUFFile, configuration: any GGUFConfiguration, threads: Threads) {
    self.file = file
    self.threads = threads
    for entry in file.entries where !type(of: configuration).configurationTensors.contains(entry.name) {
      // A name of no family keeps itself, and is reported as left over.
      let parameter = configuration.parameter(ofGGUF: entry.name) ?? (entry.name, nil)
      origins[parameter.name] = (entry.name, parameter.destination)
      shapes[parameter.name] = entry.shape
    }
  }

  func tensor(_ name: String, as dtype: DType?) throws -> Tensor {
    guard let origin = origins[name] else {
      throw ModelError(.mismatchedTensors, "\(file.url.path): holds no tensor for '\(name)'")
    }
    return try file.tensor(origin.name, as: dtype, threads: threads, destination: origin.destination)
  }
}
