import Bundles
import Foundation
import Testing

@Suite struct ReadmeTests {
  @Test func theExampleRuns() throws {
    try withTemporaryFolder { folder in
      // README-BEGIN
      let file = folder.appending(path: "sentences.zb")
      let text = Data("sentence\tlabel\na fine film\t1\n".utf8)
      let manifest = BundleManifest(kind: .data, title: "One sentence", zeroth: "0.1.0", licence: "CC0-1.0")
      try BundleWriter(manifest: manifest, members: [.init(path: "train.tsv", kind: .data, data: text)]).write(to: file)

      let reader = try BundleReader(file: file)
      try reader.verify()
      let store = ObjectStore(folder: folder.appending(path: "store"))
      try reader.extract(to: folder.appending(path: "sentences"), store: store)

      let key = SigningKey()
      try key.verifyingKey.verify(key.signature(of: reader.id), of: reader.id)
      // README-END
      #expect(try Data(contentsOf: folder.appending(path: "sentences/train.tsv")) == text)
      #expect(reader.manifest.licence == "CC0-1.0")
    }
  }
}
