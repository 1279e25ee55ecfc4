import Foundation

/// One query's share of an update, as 20 bytes, little-endian:
///
///      0  step         u32
///      4  query        u16
///      6  flags        u16   bit 0: the last of its step; bit 1: the last of its update, of which a step may have several
///      8  coefficient  f32
///     12  scale        f32   of the update: a move's decay, an estimate's learning rate
///     16  checksum     u32   CRC-32 of the header's checksum (u32), the record's index in the file (u64) and bytes 0 ..< 16
///
/// The checksum holds the record to its place in its file, so that one moved, repeated or taken from another ledger is
/// noticed.
struct LedgerRecord: Equatable {
  static let length = 20
  private static let lastOfStep: UInt16 = 1
  private static let lastOfUpdate: UInt16 = 2

  var step: UInt32
  var query: UInt16
  var isLastOfStep: Bool
  var isLastOfUpdate: Bool
  var coefficient: Float
  var scale: Float

  init(
    step: UInt32, query: UInt16, isLastOfStep: Bool, isLastOfUpdate: Bool, coefficient: Float, scale: Float
  ) {
    self.step = step
    self.query = query
    self.isLastOfStep = isLastOfStep
    self.isLastOfUpdate = isLastOfUpdate
    self.coefficient = coefficient
    self.scale = scale
  }

  func encoded(index: Int, headerChecksum: UInt32) -> Data {
    var bytes = Data(capacity: Self.length)
    bytes.append(littleEndian: step)
    bytes.append(littleEndian: query)
    bytes.append(littleEndian: (isLastOfStep ? Self.lastOfStep : 0) | (isLastOfUpdate ? Self.lastOfUpdate : 0))
    bytes.append(littleEndian: coefficient.bitPattern)
    bytes.append(littleEndian: scale.bitPattern)
    bytes.append(littleEndian: Self.checksum(bytes, index: index, headerChecksum: headerChecksum))
    return bytes
  }

  /// nil where the checksum does not agree, or a flag is set that this format does not have.
  init?(_ bytes: Data, index: Int, headerChecksum: UInt32) {
    let checksum = Self.checksum(bytes.prefix(16), index: index, headerChecksum: headerChecksum)
    let flags = bytes.littleEndian(UInt16.self, at: 6)
    guard bytes.littleEndian(UInt32.self, at: 16) == checksum, flags & ~(Self.lastOfStep | Self.lastOfUpdate) == 0
    else { return nil }
    self.init(
      step: bytes.littleEndian(UInt32.self, at: 0), query: bytes.littleEndian(UInt16.self, at: 4),
      isLastOfStep: flags & Self.lastOfStep != 0, isLastOfUpdate: flags & Self.lastOfUpdate != 0,
      coefficient: Float(bitPattern: bytes.littleEndian(UInt32.self, at: 8)),
      scale: Float(bitPattern: bytes.littleEndian(UInt32.self, at: 12)))
  }

  private static func checksum(_ bytes: Data, index: Int, headerChecksum: UInt32) -> UInt32 {
    var place = Data(capacity: 12)
    place.append(littleEndian: headerChecksum)
    place.append(littleEndian: UInt64(index))
    return CRC32.checksum(bytes, continuing: CRC32.checksum(place))
  }
}
