import Bundles
import Foundation
import Testing

@Suite struct ReadmeTests {
  @Test func theExampleRuns() throws {
    try withTemporaryFolder { folder in
      // README-BEGIN
      let archive = folder.appending(path: "sentences.zip")
      let text = Data("sentence\tlabel\na fine film\t1\n".utf8)
      try ArchiveWriter.write([.init(path: "SST-2/train.tsv", data: text)], to: archive, format: .zip)

      let reader = try ArchiveReader(file: archive)
      let table = try reader.read(member: "SST-2/train.tsv", limit: 1 << 20)

      try AtomicFile.write(table, to: folder.appending(path: "train.tsv"))
      let hash = try ContentHash(ofFile: folder.appending(path: "train.tsv"))
      // README-END
      #expect(table == text)
      #expect(hash == ContentHash(of: text))
    }
  }
}
