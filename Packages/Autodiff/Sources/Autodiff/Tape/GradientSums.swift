import TensorCore
import TuningCore

/// Sums of gradients, one tensor of `float32` for each trainable parameter: several batches may be added up.
///
/// - Cost: 4 bytes a trainable scalar.
public final class GradientSums {
  private let places: [ParameterPath: Tensor]

  /// Zeros for the trainable parameters of `parameters` that `includes` says yes to.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public init(for parameters: ParameterSet, where includes: (Parameter) -> Bool = { _ in true }) throws {
    var places: [ParameterPath: Tensor] = [:]
    for parameter in parameters.trainable where includes(parameter) {
      places[parameter.path] = try Tensor(zeros: parameter.tensor.shape)
    }
    self.places = places
  }

  /// The sums by path.
  public var tensors: [ParameterPath: Tensor] { places }

  /// Zero again.
  public func reset(threads: Threads = .available) {
    for tensor in places.values {
      nonisolated(unsafe) let floats = tensor.mutableFloats
      threads.forEachRange(of: floats.count, piece: 1 << 16) { range, _ in
        UnsafeMutableBufferPointer(rebasing: floats[range]).update(repeating: 0)
      }
    }
  }

  /// Zero where `support` has no part.
  ///
  /// - Cost: where it masks elements, one pass over them.
  public func clear(outside support: Support, threads: Threads) {
    for (path, tensor) in places {
      guard let mask = support.mask(of: path) else {
        tensor.mutableFloats.update(repeating: 0)
        continue
      }
      if case .all = mask { continue }
      nonisolated(unsafe) let values = tensor.mutableFloats
      threads.forEachRange(of: tensor.count, piece: 1 << 14) { range, _ in
        mask.clear(UnsafeMutableBufferPointer(rebasing: values[range]), pathHash: path.hash, start: range.lowerBound)
      }
    }
  }

  /// The sum of a parameter's gradients, to be added to; nil for one that does not train here.
  func place(of parameter: Parameter?) -> UnsafeMutablePointer<Float>? {
    guard let parameter, parameter.isTrainable else { return nil }
    return places[parameter.path]?.mutableFloats.baseAddress
  }
}
