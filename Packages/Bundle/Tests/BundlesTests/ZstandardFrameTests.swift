import Foundation
import Testing

@testable import Bundles

@Suite struct ZstandardFrameTests {
  private func scan(_ bytes: [UInt8], piece: Int = .max) -> BundleError? {
    failure {
      var scanner = ZstandardFrameScanner(path: "test.zb")
      try bytes.withUnsafeBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: min(piece, max(1, bytes.count))) {
          try scanner.scan(UnsafeRawBufferPointer(rebasing: bytes[start...].prefix(piece)))
        }
      }
      try scanner.finish()
    }
  }

  private static let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]

  /// RFC 8878: a raw block of two bytes, an empty one, ten equal bytes.
  private static let frame = magic + [0x00, 0x58] + [0x10, 0, 0, 1, 2] + [0, 0, 0] + [0x53, 0, 0, 7]

  @Test func whateverTheCutsBetweenPieces() {
    let twice = Self.frame + Self.frame
    for piece in 1...twice.count { #expect(scan(twice, piece: piece) == nil) }
    for count in 1..<Self.frame.count { #expect(scan(Array(Self.frame[..<count]))?.code == .corrupt, "\(count)") }
    #expect(scan([]) == nil)
  }

  @Test func checksumsDictionariesAndSizesAreSteppedOver() {
    let block: [UInt8] = [0x11, 0, 0, 1, 2]
    #expect(scan(Self.magic + [0x04, 0x58] + block + [1, 2, 3, 4]) == nil)
    #expect(scan(Self.magic + [0x04, 0x58] + block + [1, 2, 3])?.code == .corrupt)
    #expect(scan(Self.magic + [0x20, 2] + block) == nil)
    #expect(scan(Self.magic + [0x60, 2, 0] + block) == nil)
    #expect(scan(Self.magic + [0xa0, 2, 0, 0, 0] + block) == nil)
    #expect(scan(Self.magic + [0xe0, 2, 0, 0, 0, 0, 0, 0, 0] + block) == nil)
    #expect(scan(Self.magic + [0x43, 0x58, 1, 2, 3, 4, 9, 9] + block) == nil)
  }

  @Test func largeWindowsAreRefused() {
    let block: [UInt8] = [0x11, 0, 0, 1, 2]
    #expect(scan(Self.magic + [0x00, 13 << 3] + block) == nil)
    for window: [UInt8] in [
      [0x00, 13 << 3 | 1], [0x00, 0xff], [0xa0, 1, 0, 0x80, 0], [0xe0] + [UInt8](repeating: 255, count: 8),
    ] {
      let refused = scan(Self.magic + window + block)
      #expect(refused?.code == .refusedMember)
      #expect(refused?.message.contains("compress it again, at a lower level") == true)
    }
  }

  @Test func whatIsNoFrameIsCorrupt() {
    let block: [UInt8] = [0x11, 0, 0, 1, 2]
    // Another magic; a frame to be skipped; a reserved bit; a block of no kind; a block beyond 128 KiB.
    for bytes: [UInt8] in [
      [1, 2, 3, 4], [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0], Self.magic + [0x08, 0x58] + block,
      Self.magic + [0x00, 0x58, 0x17, 0, 0, 1, 2], Self.magic + [0x00, 0x58, 0x09, 0, 0x10],
    ] {
      #expect(scan(bytes)?.code == .corrupt, "\(bytes)")
    }
  }
}
