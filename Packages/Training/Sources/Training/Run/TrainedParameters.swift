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
    let saved = try SafetensorsFile(file)
    for parameter in parameters.trainable {
      let path = name(parameter.path)
      guard saved[path] != nil, case let tensor = try saved.tensor(path), tensor.shape == parameter.tensor.shape,
        tensor.dtype == parameter.tensor.dtype
      else {
        throw TrainingError(
          .damaged,
          "\(file.path): no \(parameter.tensor.dtype.name) \(parameter.tensor.shape) named '\(path)'; "
            + "the file belongs to another run")
      }
      (parameter.tensor.storage.base + parameter.tensor.byteOffset).copyMemory(
        from: tensor.bytes, byteCount: tensor.byteCount)
    }
  }
}
