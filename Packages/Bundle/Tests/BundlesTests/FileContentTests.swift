import Bundles
import Foundation
import Testing

@Suite struct FileContentTests {
  @Test func readsToTheLimitAndNotBeyond() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "file")
      try Data(count: 2_000_000).write(to: file)
      let whole = try FileContent.read(file, limit: 2_000_000)
      #expect(whole == Data(count: 2_000_000))
      let tooLarge = failure { _ = try FileContent.read(file, limit: 1_999_999) }
      #expect(tooLarge?.code == .tooLarge)
      #expect(failure { _ = try FileContent.read(folder.appending(path: "none"), limit: 1) }?.code == .notFound)
    }
  }
}
