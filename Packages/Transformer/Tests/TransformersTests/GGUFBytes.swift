import Foundation

/// Builds GGUF files byte by byte, well-formed or not.
struct GGUFBytes {
  private let magic: String
  private let version: UInt32
  private let tensorCount: UInt64?
  private let keyCount: UInt64?
  private var keys: [Data] = []
  private var tensors: [Data] = []
  var data = Data()

  /// Counts that are nil are those of what is put in.
  init(magic: String = "GGUF", version: UInt32 = 3, tensorCount: UInt64? = nil, keyCount: UInt64? = nil) {
    self.magic = magic
    self.version = version
    self.tensorCount = tensorCount
    self.keyCount = keyCount
  }

  static func number<T: FixedWidthInteger>(_ value: T) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
  static func string(_ text: String) -> Data { number(UInt64(text.utf8.count)) + Data(text.utf8) }

  /// A metadata key with the bytes of a value of `type`.
  mutating func key(_ name: String, type: UInt32, _ value: Data) {
    keys.append(GGUFBytes.string(name) + GGUFBytes.number(type) + value)
  }
  mutating func key(_ name: String, _ value: String) { key(name, type: 8, GGUFBytes.string(value)) }
  mutating func key(_ name: String, _ value: UInt32) { key(name, type: 4, GGUFBytes.number(value)) }
  mutating func key(_ name: String, number value: Float) { key(name, type: 6, GGUFBytes.number(value.bitPattern)) }

  /// A tensor's description; axes in the file's order.
  mutating func tensor(_ name: String, axes: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) {
    var info = GGUFBytes.string(name) + GGUFBytes.number(UInt32(axes.count))
    for axis in axes { info += GGUFBytes.number(axis) }
    tensors.append(info + GGUFBytes.number(type) + GGUFBytes.number(offset))
  }

  /// A plain float32 tensor with its numbers, after those before it.
  mutating func tensor(_ name: String, axes: [UInt64], values: [Float]) {
    data += Data(count: (32 - data.count % 32) % 32)
    tensor(name, axes: axes, offset: UInt64(data.count))
    for value in values { data += GGUFBytes.number(value.bitPattern) }
  }

  var bytes: Data {
    var result = Data(magic.utf8) + GGUFBytes.number(version)
    result += GGUFBytes.number(tensorCount ?? UInt64(tensors.count)) + GGUFBytes.number(keyCount ?? UInt64(keys.count))
    for part in keys + tensors { result += part }
    return result + Data(count: (32 - result.count % 32) % 32) + data
  }
}
