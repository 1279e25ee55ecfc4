/// The bytes of a TensorBoard event file: TFRecords of `Event` messages (tensorflow/core/util/event.proto).
struct EventFile {
  private(set) var bytes: [UInt8] = []

  /// - Parameter time: seconds since 1970.
  init(time: Double) {
    var event = ProtobufMessage()
    event.add(1, time)
    event.add(3, "brain.Event:2")
    append(event)
  }

  /// Adds a step's scalars.
  mutating func append(_ scalars: [(tag: String, value: Double)], step: Int, time: Double) {
    var summary = ProtobufMessage()
    for scalar in scalars {
      var value = ProtobufMessage()
      value.add(1, scalar.tag)
      value.add(2, Float(scalar.value))
      summary.add(1, value)
    }
    var event = ProtobufMessage()
    event.add(1, time)
    // As every writer of these messages leaves out what is 0.
    if step != 0 { event.add(2, Int64(step)) }
    event.add(5, summary)
    append(event)
  }

  /// A TFRecord: length, its checksum, the message, its checksum; all little-endian.
  private mutating func append(_ message: ProtobufMessage) {
    var length: [UInt8] = []
    withUnsafeBytes(of: UInt64(message.bytes.count).littleEndian) { length += $0 }
    bytes += length
    append(CRC32C.masked(length))
    bytes += message.bytes
    append(CRC32C.masked(message.bytes))
  }

  private mutating func append(_ checksum: UInt32) { withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 } }
}

/// Castagnoli's cyclic redundancy check (RFC 3720, appendix B.4).
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82F6_3B78 : rest >> 1 }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
  }

  /// As TFRecords hold it: rotated and moved, so that checksums of checksums are of use.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
