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

  @Test func theReadmeShowsTheExample() throws {
    let here = URL(filePath: #filePath)
    let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    let shown = try #require(readme.components(separatedBy: "```swift\n").dropFirst().first)
      .components(separatedBy: "```")[0]
    let tested = source.components(separatedBy: "// README-BEGIN\n")[1].components(separatedBy: "// README-END")[0]
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }
    #expect(lines(shown) == lines(tested))
  }
}
