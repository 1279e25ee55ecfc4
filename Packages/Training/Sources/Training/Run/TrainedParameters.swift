import Bundles
import Foundation
import TensorCore
import Transformers
import TuningCore

/// The numbers that a run trains, on disk and as one hash.
enum TrainedParameters {
  /// SHA-256 over the trainable parameters in order: path, dtype, shape, bytes. Equal weights have equal hashes on any
  /// machine.
  static func hash(_ parameters: ParameterSet) -> ContentHash {
    let hasher = ContentHasher()
    for parameter in parameters.trainable {
      let head = Data("\(parameter.path) \(parameter.tensor.dtype.rawValue) \(parameter.tensor.shape)\n".utf8)
      head.withUnsafeBytes(hasher.update)
      hasher.update(UnsafeRawBufferPointer(start: parameter.tensor.bytes, count: parameter.tensor.byteCount))
    }
    return hasher.finalize()
  }

  /// Writes the trainable parameters as one safetensors file, by their own paths.
  static func save(_ parameters: ParameterSet, to file: URL) throws {
    try SafetensorsWriter.write(parameters.trainable.map { ($0.path.name, $0.tensor) }, to: file)
  }

  /// Reads what `save` wrote into the trainable parameters.
  ///
  /// - Parameter name: what a parameter is called in the file.
  /// - Throws: `TrainingError.damaged` where a parameter is missing or has another shape or dtype.
  static func load(
    _ file: URL, into parameters: ParameterSet, name: (ParameterPath) -> String = { $0.name }
  ) throws {
    try load(file, into: parameters.trainable.map { (name($0.path), $0.tensor) })
  }

  /// Reads a safetensors file into tensors that are there.
  ///
  /// - Throws: `TrainingError.damaged` where one is missing or has another shape or dtype.
  static func load(_ file: URL, into tensors: [(name: String, tensor: Tensor)]) throws {
    let saved = try SafetensorsFile(file)
    for (name, target) in tensors {
      guard saved[name] != nil, case let tensor = try saved.tensor(name), tensor.shape == target.shape,
        tensor.dtype == target.dtype
      else {
        throw TrainingError(
          .damaged,
          "\(file.path): no \(target.dtype.name) \(target.shape) named '\(name)'; the file belongs to another run")
      }
      (target.storage.base + target.byteOffset).copyMemory(from: tensor.bytes, byteCount: tensor.byteCount)
    }
  }
}
