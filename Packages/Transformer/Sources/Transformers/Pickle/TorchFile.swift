import Foundation
import TensorCore

/// A state dict that `torch.save` wrote, memory-mapped: `pytorch_model.bin` in the zip format of torch 1.6 and later or
/// in the pickle format before it. Nothing that the file says is executed.
public struct TorchFile: Sendable {
  /// One tensor as the file describes it.
  public struct Entry: Sendable, Equatable {
    public let name: String
    /// torch's name: `float32`, `bfloat16`, `int64`...
    public let dtype: String
    public let shape: [Int]
  }

  public let url: URL
  /// In the order of the state dict.
  public let entries: [Entry]
  private let storage: Storage
  private let tensors: [String: StoredTensor]

  /// Maps `url` and reads its description: every tensor within its storage, every storage within the file.
  ///
  /// - Throws: `ModelError.malformedFile`, `.unsupported` (compressed, big-endian, TorchScript, no state dict),
  ///   `.unsafeFile` (a pickle that asks for more than tensors) or `TensorError.unreadableFile`.
  public init(_ url: URL) throws {
    let storage = try Storage.mapped(url)
    let bytes = UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount)
    let isZip = bytes.count >= 4 && bytes[0] == 0x50 && bytes[1] == 0x4b
    let tensors = try isZip ? StateDictReader.zip(bytes, file: url) : StateDictReader.legacy(bytes, file: url)
    entries = tensors.map { Entry(name: $0.name, dtype: $0.view.type.rawValue, shape: $0.view.shape) }
    self.tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    self.url = url
    self.storage = storage
  }

  /// The tensor `name`: a read-only view of the file where its numbers lie there in order and aligned, else a copy;
  /// `float64` is rounded to `float32`.
  ///
  /// - Throws: `ModelError.mismatchedTensors` where there is none, `.unsupported` for numbers that are no floats of 16,
  ///   32 or 64 bits, `TensorError.outOfMemory` for the copy.
  public func tensor(_ name: String) throws -> Tensor {
    guard let stored = tensors[name] else {
      throw ModelError(.mismatchedTensors, "\(url.path): holds no tensor '\(name)'")
    }
    let view = stored.view, start = stored.bytes.lowerBound + view.offset * view.type.byteCount
    guard let dtype = view.type.dtype ?? (view.type == .float64 ? .float32 : nil) else {
      throw ModelError(
        .unsupported,
        "\(url.path): tensor '\(name)' has dtype \(view.type); this version reads float32, float16, bfloat16, float64")
    }
    if view.count == 0 { return try Tensor(zeros: view.shape, dtype: dtype) }
    if view.type.dtype == dtype, view.isContiguous, start % dtype.byteCount == 0 {
      return try Tensor(storage: storage, byteOffset: start, shape: view.shape, dtype: dtype)
    }
    let copy = try Tensor(zeros: view.shape, dtype: dtype)
    let source = UnsafeRawPointer(storage.base + start), target = copy.storage.base
    switch view.type {
    case .float64:
      view.gather(from: source, Double.self, to: target.assumingMemoryBound(to: Float.self)) { Float($0) }
    case .float32:
      view.gather(from: source, UInt32.self, to: target.assumingMemoryBound(to: UInt32.self)) { $0 }
    default:
      view.gather(from: source, UInt16.self, to: target.assumingMemoryBound(to: UInt16.self)) { $0 }
    }
    storage.forgetPages(stored.bytes)
    return copy
  }
}

/// A tensor of a state dict: its view, and the bytes of the file that are its storage.
struct StoredTensor: Sendable {
  let name: String
  let view: TorchTensorView
  let bytes: Range<Int>
}

extension TorchTensorView {
  /// Writes the elements one after the other to `target`; `source` is the first of them.
  fileprivate func gather<Source: BitwiseCopyable, Target>(
    from source: UnsafeRawPointer, _: Source.Type, to target: UnsafeMutablePointer<Target>,
    _ convert: (Source) -> Target
  ) {
    let size = MemoryLayout<Source>.size, width = shape.last ?? 1, step = (strides.last ?? 1) * size
    var index = Array(repeating: 0, count: max(0, shape.count - 1))
    var row = source, out = target
    for _ in 0..<count / width {
      for i in 0..<width { out[i] = convert((row + i * step).loadUnaligned(as: Source.self)) }
      out += width
      for axis in index.indices.reversed() {
        index[axis] += 1
        row += strides[axis] * size
        if index[axis] < shape[axis] { break }
        row -= shape[axis] * strides[axis] * size
        index[axis] = 0
      }
    }
  }
}
