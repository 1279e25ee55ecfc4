import Foundation
import TensorCore

/// What the header of a safetensors file says, checked against the file: eight bytes with the length N of the header,
/// N bytes of JSON `{name: {"dtype", "shape", "data_offsets": [begin, end]}, "__metadata__": {...}}`, then the data,
/// which the tensors fill from end to end.
struct SafetensorsHeader {
  var entries: [SafetensorsFile.Entry]
  var metadata: [String: String]

  /// The reference implementation's own limit.
  private static let greatestLength = 100_000_000

  /// Bytes of one element of each dtype of the format; those that tensors can hold and those that are only measured.
  private static let elementSizes = [
    "F64": 8, "I64": 8, "U64": 8, "C64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
  ]

  /// - Throws: `ModelError.malformedFile`, or `.unsupported` for a dtype whose size is unknown.
  init(of storage: Storage, file: URL) throws {
    func malformed(_ what: String) -> ModelError {
      ModelError(.malformedFile, "\(file.path): \(what): the file is damaged or incomplete, fetch it again")
    }
    let size = storage.byteCount
    guard size >= 8 else { throw malformed("\(size) bytes are too few for a safetensors file") }
    let length = UInt64(littleEndian: storage.base.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(size - 8) else {
      throw malformed("the header says it is \(length) bytes long, but only \(size - 8) follow")
    }
    guard length <= UInt64(SafetensorsHeader.greatestLength) else {
      throw malformed("a header of \(length) bytes, more than the format allows")
    }
    let text = UnsafeRawBufferPointer(start: storage.base + 8, count: Int(length))
    guard case .object(let members) = try JSONParser.parse(text, file: file, origin: 8) else {
      throw malformed("the header is not a JSON object")
    }
    metadata = [:]
    entries = []
    let dataStart = 8 + Int(length)
    for (name, value) in members {
      if name == "__metadata__" {
        metadata = try SafetensorsHeader.metadata(value, file: file)
      } else {
        entries.append(
          try SafetensorsHeader.entry(name, value, file: file, data: dataStart..<size))
      }
    }
    entries.sort {
      ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name) < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name)
    }
    var end = dataStart
    for entry in entries {
      guard entry.bytes.lowerBound == end else {
        let what = entry.bytes.lowerBound < end ? "overlaps the tensor before it" : "leaves a hole before it"
        throw malformed("tensor '\(entry.name)' at byte \(entry.bytes.lowerBound) \(what), which ends at \(end)")
      }
      end = entry.bytes.upperBound
    }
    guard end == size else { throw malformed("\(size - end) bytes after the last tensor belong to none") }
  }

  private static func metadata(_ value: JSONValue, file: URL) throws -> [String: String] {
    guard case .object(let members) = value else {
      throw ModelError(.malformedFile, "\(file.path): __metadata__ is not an object")
    }
    return try members.mapValues {
      guard case .string(let text) = $0 else {
        throw ModelError(.malformedFile, "\(file.path): __metadata__ holds something that is not a string")
      }
      return text
    }
  }

  private static func entry(
    _ name: String, _ value: JSONValue, file: URL, data: Range<Int>
  ) throws -> SafetensorsFile.Entry {
    func malformed(_ what: String) -> ModelError {
      ModelError(.malformedFile, "\(file.path): tensor '\(name)': \(what)")
    }
    guard case .object(let members) = value, case .string(let dtype) = members["dtype"],
      let shape = members["shape"].flatMap(integers), let offsets = members["data_offsets"].flatMap(integers),
      offsets.count == 2
    else { throw malformed("expected {\"dtype\": text, \"shape\": [integers], \"data_offsets\": [begin, end]}") }
    guard let elementSize = elementSizes[dtype] else {
      throw ModelError(
        .unsupported, "\(file.path): tensor '\(name)' has dtype \(dtype), which this version does not know")
    }
    guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= data.count else {
      throw malformed("data_offsets \(offsets) lie outside the \(data.count) bytes of data: the file is incomplete")
    }
    guard let count = Tensor.elementCount(of: shape) else { throw malformed("impossible shape \(shape)") }
    guard count == (offsets[1] - offsets[0]) / elementSize, (offsets[1] - offsets[0]) % elementSize == 0 else {
      throw malformed("\(dtype) \(shape) does not fill its \(offsets[1] - offsets[0]) bytes")
    }
    return SafetensorsFile.Entry(
      name: name, dtype: dtype, shape: shape, bytes: data.lowerBound + offsets[0]..<data.lowerBound + offsets[1])
  }

  private static func integers(_ value: JSONValue) -> [Int]? {
    guard case .array(let values) = value else { return nil }
    var result: [Int] = []
    for case .integer(let number) in values { result.append(number) }
    return result.count == values.count ? result : nil
  }
}
