/// Bytes of a message in protocol buffers' wire format.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, _ value: Int64) {
    key(field, wireType: 0)
    variable(UInt64(bitPattern: value))
  }

  mutating func add(_ field: Int, _ value: Double) {
    key(field, wireType: 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func add(_ field: Int, _ value: Float) {
    key(field, wireType: 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func add(_ field: Int, _ text: String) { add(field, bytes: Array(text.utf8)) }

  mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, bytes: message.bytes) }

  private mutating func add(_ field: Int, bytes value: [UInt8]) {
    key(field, wireType: 2)
    variable(UInt64(value.count))
    bytes += value
  }

  private mutating func key(_ field: Int, wireType: UInt64) { variable(UInt64(field) << 3 | wireType) }

  /// Seven bits a byte, the low ones first.
  private mutating func variable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
