import Foundation
import TensorCore

/// A `*.safetensors` file, memory-mapped: opening it reads the header alone, tensors are views of the mapping.
public struct SafetensorsFile: Sendable {
  /// One tensor as the header describes it.
  public struct Entry: Sendable, Equatable {
    public let name: String
    /// As the file writes it: `F32`, `BF16`, `I64`...
    public let dtype: String
    public let shape: [Int]
    /// Bytes of the file.
    public let bytes: Range<Int>
  }

  public let url: URL
  /// In the order of the data.
  public let entries: [Entry]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  private let storage: Storage
  private let index: [String: Int]

  /// Maps `url` and checks its header: offsets within the file, no overlap, no holes, sizes = shape × dtype.
  ///
  /// - Throws: `ModelError.malformedFile`, `.unsupported` (an unknown dtype) or `TensorError.unreadableFile`.
  public init(_ url: URL) throws {
    storage = try Storage.mapped(url)
    let header = try SafetensorsHeader(of: storage, file: url)
    self.url = url
    entries = header.entries
    metadata = header.metadata
    index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  /// The description of the tensor `name`.
  public subscript(name: String) -> Entry? { index[name].map { entries[$0] } }

  /// The tensor `name`: a read-only view of the file, or a copy where its data does not lie at a multiple of the
  /// element size (the format does not promise that it does).
  ///
  /// - Throws: `ModelError.mismatchedTensors` where there is none, `.unsupported` for a dtype other than F32, F16 and
  ///   BF16, `TensorError.outOfMemory` for the copy.
  public func tensor(_ name: String) throws -> Tensor {
    guard let entry = self[name] else {
      throw ModelError(.mismatchedTensors, "\(url.path): holds no tensor '\(name)'")
    }
    guard let dtype = DType(rawValue: entry.dtype) else {
      throw ModelError(
        .unsupported, "\(url.path): tensor '\(name)' has dtype \(entry.dtype); this version reads F32, F16 and BF16")
    }
    if entry.bytes.lowerBound % dtype.byteCount == 0 {
      return try Tensor(storage: storage, byteOffset: entry.bytes.lowerBound, shape: entry.shape, dtype: dtype)
    }
    let copy = try Tensor(zeros: entry.shape, dtype: dtype)
    copy.storage.base.copyMemory(from: storage.base + entry.bytes.lowerBound, byteCount: entry.bytes.count)
    storage.forgetPages(entry.bytes)
    return copy
  }
}
