import Foundation

/// CRC-32 as zip and PNG have it: reflected polynomial 0xEDB88320, beginning and ending inverted.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
  }

  /// Of `bytes`; of several pieces one after the other where `previous` is the checksum of those before.
  static func checksum(_ bytes: some ContiguousBytes, continuing previous: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { bytes in
      table.withUnsafeBufferPointer { table in
        var value = ~previous
        for i in 0..<bytes.count { value = table[Int(UInt8(truncatingIfNeeded: value) ^ bytes[i])] ^ value >> 8 }
        return ~value
      }
    }
  }
}
