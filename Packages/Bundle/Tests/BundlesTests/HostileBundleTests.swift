import Foundation
import Testing

@testable import Bundles

@Suite struct HostileBundleTests {
  @Test func anHonestTarIsRead() throws {
    let tar = try BundleTar([("a", "one"), ("b", "two"), ("c", "one")])
    #expect(tar.objects.count == 2)
    #expect(try refusal(of: tar.bytes()) == nil)
  }

  @Test func everyCutIsRefused() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      try SmallBundle.write(to: file)
      let whole = try Data(contentsOf: file)
      for count in 0..<whole.count {
        try whole.prefix(count).write(to: file)
        let cut = failure { try BundleReader(file: file).verify() }
        #expect(
          cut.map { [.corrupt, .notAnArchive, .notABundle].contains($0.code) } == true, "\(count) bytes: \(cut as Any)")
      }
      try (whole + Data([0])).write(to: file)
      #expect(failure { try BundleReader(file: file).verify() }?.code == .corrupt)
      try (whole + whole).write(to: file)
      #expect(failure { try BundleReader(file: file).verify() }?.code == .refusedMember)
    }
  }

  @Test func everyFlippedByteIsRefusedOrChangesNothing() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      let id = try SmallBundle.write(to: file).id
      var bytes = try Data(contentsOf: file)
      var harmless = 0
      for offset in bytes.indices {
        for mask in [UInt8(1) << UInt8(offset % 8), 0xff] {
          bytes[offset] ^= mask
          try bytes.write(to: file)
          if failure({ try BundleReader(file: file).verify() }) == nil {
            harmless += 1
            let reader = try BundleReader(file: file)
            #expect(reader.id == id)
            for (path, data) in SmallBundle.contents { #expect(try reader.read(member: path) == data, "\(offset)") }
          }
          bytes[offset] ^= mask
        }
      }
      // The window's size, a file's time: what no content depends on.
      #expect(harmless < bytes.count / 10)
    }
  }
}
