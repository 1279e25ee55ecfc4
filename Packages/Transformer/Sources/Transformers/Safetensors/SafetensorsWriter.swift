import Foundation
import TensorCore

/// Writes safetensors files: the same tensors give the same bytes, and data begins at a multiple of 64.
public enum SafetensorsWriter {
  /// Writes `tensors` to `url`, replacing it at the end and never in part.
  ///
  /// Data stands in the given order, four-byte elements before two-byte ones, so that every tensor is aligned.
  ///
  /// - Throws: `ModelError.writeFailed`: no such folder, not permitted, disk full.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = ["format": "pt"], to url: URL
  ) throws {
    let ordered = [4, 2].flatMap { size in tensors.filter { $0.tensor.dtype.byteCount == size } }
    let file = try ReplacementFile(url)
    try header(ordered, metadata).withUnsafeBytes { try file.write($0) }
    for (_, tensor) in ordered {
      let piece = 1 << 22
      for start in stride(from: 0, to: tensor.byteCount, by: piece) {
        let count = min(piece, tensor.byteCount - start)
        try file.write(UnsafeRawBufferPointer(start: tensor.bytes + start, count: count))
        tensor.storage.forgetPages(tensor.byteOffset + start..<tensor.byteOffset + start + count)
      }
    }
    try file.commit()
  }

  private static func header(_ tensors: [(name: String, tensor: Tensor)], _ metadata: [String: String]) -> [UInt8] {
    var members: [String: JSONValue] = ["__metadata__": .object(metadata.mapValues { .string($0) })]
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.byteCount
      let replaced = members.updateValue(
        .object([
          "dtype": .string(tensor.dtype.rawValue), "shape": .array(tensor.shape.map { .integer($0) }),
          "data_offsets": .array([.integer(offset), .integer(end)]),
        ]), forKey: name)
      precondition(replaced == nil, "SafetensorsWriter: '\(name)' comes twice")
      offset = end
    }
    var text = Array(JSONValue.object(members).text().utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (64 - (8 + text.count) % 64) % 64)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}
