import Foundation
import TensorCore

/// A GGUF file of version 2 or 3, memory-mapped: metadata, and tensors that are views where they are plain and are
/// dequantised where they are not.
public struct GGUFFile: Sendable {
  /// One tensor as the header describes it.
  public struct Entry: Sendable {
    /// The file's own name: `blk.0.attn_q.weight`.
    public let name: String
    /// Outermost axis first, as everywhere here; the file has it the other way round.
    public let shape: [Int]
    /// How its elements are stored.
    public let type: GGUFTensorType
    /// Bytes of the file.
    public let bytes: Range<Int>
  }

  public let url: URL
  /// Of the format: 2 or 3.
  public let version: Int
  public let metadata: GGUFMetadata
  /// In the order of the header.
  public let entries: [Entry]
  private let storage: Storage
  private let index: [String: Int]

  /// Maps `url` and checks its header: counts, strings and offsets within the file, types known, no overlap.
  ///
  /// - Throws: `ModelError.malformedFile`, `.unsupported` (other versions, byte order, types; split files) or
  ///   `TensorError.unreadableFile`.
  public init(_ url: URL) throws {
    let storage = try Storage.mapped(url)
    var cursor = GGUFCursor(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount), file: url)
    version = try GGUFFile.checkedVersion(&cursor, url)
    let tensorCount = try cursor.count(of: "tensors", least: 24)
    let keyCount = try cursor.count(of: "metadata keys", least: 13)
    var values: [String: GGUFValue] = [:]
    for _ in 0..<keyCount {
      let key = try cursor.string("a metadata key")
      guard values.updateValue(try cursor.value(of: key), forKey: key) == nil else {
        throw cursor.malformed("the metadata key '\(key)' comes twice")
      }
    }
    metadata = GGUFMetadata(file: url, values: values)
    if let parts = try metadata.integer("split.count"), parts > 1 {
      throw ModelError(.unsupported, "\(url.path): one of \(parts) parts; join them with llama-gguf-split --merge")
    }
    entries = try GGUFFile.entries(&cursor, count: tensorCount, metadata: metadata, storage: storage)
    index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    self.url = url
    self.storage = storage
  }

  private static func checkedVersion(_ cursor: inout GGUFCursor, _ url: URL) throws -> Int {
    let magic = try cursor.number(UInt32.self, "the magic number")
    guard magic == 0x4655_4747 else {
      throw ModelError(
        .malformedFile,
        "\(url.path): not a GGUF file: it does not begin with 'GGUF' (safetensors are given by their folder)")
    }
    let version = try cursor.number(UInt32.self, "the version")
    guard version == 2 || version == 3 else {
      let what = version & 0xffff == 0 ? "is big-endian" : "has version \(version)"
      throw ModelError(.unsupported, "\(url.path): this GGUF file \(what); little-endian versions 2 and 3 are read")
    }
    return Int(version)
  }

  private static func entries(
    _ cursor: inout GGUFCursor, count: Int, metadata: GGUFMetadata, storage: Storage
  ) throws -> [Entry] {
    let alignment = try metadata.integer("general.alignment") ?? 32
    guard alignment >= 8, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
      throw cursor.malformed("general.alignment is \(alignment), not a power of two from 8")
    }
    let infos = try (0..<count).map { _ in try TensorInfo(&cursor, file: metadata.file) }
    let dataStart = (cursor.position + alignment - 1) / alignment * alignment
    let room = max(0, storage.byteCount - dataStart)
    let entries = try infos.map { info in
      guard room >= info.byteCount, info.offset <= UInt64(room - info.byteCount) else {
        throw cursor.malformed("the tensor '\(info.name)' lies outside the file's \(room) bytes of data")
      }
      guard info.offset % UInt64(alignment) == 0 else {
        throw cursor.malformed("the tensor '\(info.name)' is not aligned to \(alignment)")
      }
      let start = dataStart + Int(info.offset)
      return Entry(name: info.name, shape: info.shape, type: info.type, bytes: start..<start + info.byteCount)
    }
    let ordered = entries.sorted {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    for (first, second) in zip(ordered, ordered.dropFirst()) where second.bytes.lowerBound < first.bytes.upperBound {
      throw cursor.malformed("the tensors '\(first.name)' and '\(second.name)' overlap")
    }
    let names = entries.map(\.name).sorted()
    if let (name, _) = zip(names, names.dropFirst()).first(where: { $0 == $1 }) {
      throw cursor.malformed("the tensor '\(name)' comes twice")
    }
    return entries
  }

  /// A tensor's part of the header.
  private struct TensorInfo {
    let name: String
    let shape: [Int]
    let type: GGUFTensorType
    let offset: UInt64
    let byteCount: Int

    init(_ cursor: inout GGUFCursor, file: URL) throws {
      let name = try cursor.string("a tensor's name")
      let axes = try cursor.number(UInt32.self, "the number of axes of '\(name)'")
      guard axes <= 4 else { throw cursor.malformed("the tensor '\(name)' has \(axes) axes") }
      let lengths = try (0..<axes).map { _ in
        Int(clamping: try cursor.number(UInt64.self, "the shape of '\(name)'"))
      }
      type = try GGUFTensorType(
        number: cursor.number(UInt32.self, "the type of '\(name)'"), tensor: name, file: file.path)
      offset = try cursor.number(UInt64.self, "the offset of '\(name)'")
      guard let elements = Tensor.elementCount(of: lengths) else {
        throw cursor.malformed("the tensor '\(name)' has the impossible shape \(lengths)")
      }
      let rowLength = lengths.first ?? 1
      guard rowLength % type.blockElementCount == 0 else {
        throw cursor.malformed(
          "the rows of the tensor '\(name)' have \(rowLength) elements, which \(type.name)'s blocks of "
            + "\(type.blockElementCount) do not divide")
      }
      let (bytes, overflow) = (elements / type.blockElementCount).multipliedReportingOverflow(by: type.blockByteCount)
      guard !overflow else { throw cursor.malformed("the tensor '\(name)' is larger than memory can hold") }
      self.name = name
      shape = lengths.reversed()
      byteCount = bytes
    }
  }

  /// The description of the tensor `name`.
  public subscript(name: String) -> Entry? { index[name].map { entries[$0] } }

  /// The tensor `name` in `dtype`; nil leaves plain types as they are and makes `float32` of quantised ones.
  ///
  /// Decodes in pieces, on `threads`, and lets the mapped pages go behind itself, so that a model is not held twice.
  ///
  /// - Parameter destination: where each row of the file belongs; nil leaves the order.
  /// - Throws: `ModelError.mismatchedTensors` where there is none, `TensorError.outOfMemory`.
  public func tensor(
    _ name: String, as dtype: DType? = nil, threads: Threads = .available,
    destination: (@Sendable (_ row: Int) -> Int)? = nil
  ) throws -> Tensor {
    guard let entry = self[name] else {
      throw ModelError(.mismatchedTensors, "\(url.path): holds no tensor '\(name)'")
    }
    let plain = try entry.type.dtype.map {
      try Tensor(storage: storage, byteOffset: entry.bytes.lowerBound, shape: entry.shape, dtype: $0)
    }
    let dtype = dtype ?? plain?.dtype ?? .float32
    if let plain, plain.dtype == dtype, destination == nil { return plain }
    let result = try Tensor(zeros: entry.shape, dtype: dtype)
    guard result.count > 0 else { return result }
    let width = entry.shape.last ?? 1, rows = result.count / width
    let rowBytes = entry.bytes.count / rows
    threads.forEachRange(of: rows, piece: max(1, (1 << 17) / width)) { range, _ in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { row in
        for number in range {
          if let plain {
            plain.load(from: number * width, into: row)
          } else {
            entry.type.decode(
              width / entry.type.blockElementCount, storage.base + entry.bytes.lowerBound + number * rowBytes,
              row.baseAddress!)
          }
          result.store(UnsafeBufferPointer(row), at: (destination?(number) ?? number) * width)
        }
      }
      let start = entry.bytes.lowerBound + range.lowerBound * rowBytes
      storage.forgetPages(start..<start + range.count * rowBytes)
    }
    storage.forgetPages(entry.bytes)
    return result
  }
}
