import Bundles
import Datasets
import Foundation
import Testing

@Suite struct BadDataTests {
  private func reading(_ text: String) throws -> DatasetError? {
    try reading(Data(text.utf8))
  }

  private func reading(_ bytes: Data) throws -> DatasetError? {
    try withTemporaryFolder { folder in
      try bytes.write(to: folder.appending(path: "train.tsv"))
      return failure { _ = try SST2().examples(.training, in: DataSource(folder)) }
    }
  }

  @Test(
    arguments: [
      ("", DatasetError.Code.emptyDataset, "train.tsv: the file is empty"),
      ("sentence\tlabel\n", .emptyDataset, "train.tsv: there is no line after the header"),
      ("sentence\tlabels\ngood\t1\n", .missingColumn, "line 1: no column 'label'; the header has sentence, labels"),
      ("good film\t1\n", .missingColumn, "line 1: no column 'sentence'"),
      (
        "sentence\tlabel\ngood\t1\nbad\n", .malformedLine, "line 3: 1 columns, where the header has 2 (sentence, label)"
      ),
      ("sentence\tlabel\ngood\t1\t1\n", .malformedLine, "line 2: 3 columns"),
      ("sentence\tlabel\ngood\t1\n\nbad\t0\n", .malformedLine, "line 3: 1 columns"),
      ("sentence\tlabel\ngood\t1\nbad\t2\n", .unknownLabel, "line 3: label '2' has no word in the verbalizer of sst2"),
      ("sentence\tlabel\ngood\t-1\n", .unknownLabel, "line 2: label '-1'"),
      ("sentence\tlabel\ngood\tpositive\n", .unknownLabel, "line 2: label 'positive'"),
      ("sentence\tlabel\ngood\t01\n", .unknownLabel, "line 2: label '01'"),
      ("sentence\tlabel\ngood\t\n", .unknownLabel, "line 2: label ''"),
    ])
  func aBadTableIsNamedByLine(text: String, code: DatasetError.Code, words: String) throws {
    let error = try reading(text)
    #expect(error?.code == code)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "no error")")
  }

  @Test func textThatIsNotUTF8IsNamedByLine() throws {
    let error = try reading(Data("sentence\tlabel\ngood\t1\nclich".utf8) + [0xe9] + Data("\t0\n".utf8))
    #expect(error?.code == .invalidText)
    #expect(error?.message.hasSuffix("train.tsv, line 3: not UTF-8") == true)
  }

  @Test func quotesAndMarksAreText() throws {
    try withTemporaryFolder { folder in
      try write(["train.tsv": "\u{feff}label\tsentence\n1\t\"quoted\n0\t`` it 's ''"], in: folder)
      let examples = try SST2().examples(.training, in: DataSource(folder))
      #expect(examples.map(\.wording.prompt) == ["\"quoted It was", "`` it 's '' It was"])
      #expect(examples.map(\.golds) == [[1], [0]])
    }
  }

  @Test func missingFilesSayWhatWasLookedFor() throws {
    try withTemporaryFolder { folder in
      let nowhere = failure { _ = try DataSource(folder.appending(path: "none")) }
      #expect(nowhere?.code == .missingFile)
      let empty = failure { _ = try SST2().examples(.training, in: DataSource(folder)) }
      #expect(empty?.code == .missingFile)
      #expect(empty?.message.contains("holds neither train.tsv nor SST-2/train.tsv") == true)
      try write(["train.tsv": "", "SST-2/train.tsv": ""], in: folder)
      #expect(failure { _ = try SST2().examples(.training, in: DataSource(folder)) }?.code == .ambiguousFile)

      let zip = folder.appending(path: "other.zip")
      try ArchiveWriter.write([.init(path: "CoLA/my-train.tsv", data: Data())], to: zip, format: .zip)
      let absent = failure { _ = try SST2().examples(.training, in: DataSource(zip)) }
      #expect(absent?.code == .missingFile)
      #expect(absent?.message.contains("no member is called SST-2/train.tsv or train.tsv") == true)
      try ArchiveWriter.write(
        [.init(path: "a/train.tsv", data: Data()), .init(path: "b/train.tsv", data: Data())], to: zip, format: .zip)
      #expect(failure { _ = try SST2().examples(.training, in: DataSource(zip)) }?.code == .ambiguousFile)
    }
  }

  @Test func badArchivesAreErrors() throws {
    try withTemporaryFolder { folder in
      let whole = try Data(contentsOf: Fixture.archive)
      let cut = folder.appending(path: "cut.zip")
      for count in [0, 10, 1000, whole.count / 2, whole.count - 100] {
        try whole.prefix(count).write(to: cut)
        let error = archiveFailure { _ = try SST2().examples(.training, in: DataSource(cut)) }
        #expect(error.map { [.corrupt, .notAnArchive].contains($0.code) } == true, "\(count) bytes: \(error as Any)")
      }
      var hostile = whole
      let name = Data("SST-2/train.tsv".utf8), evil = Data("../../train.tsv".utf8)
      while let range = hostile.firstRange(of: name) { hostile.replaceSubrange(range, with: evil) }
      try hostile.write(to: cut)
      #expect(archiveFailure { _ = try DataSource(cut) }?.code == .refusedMember)
    }
  }

  @Test func aBombIsNotUnpacked() throws {
    try withTemporaryFolder { folder in
      let zip = folder.appending(path: "bomb.zip")
      try ArchiveWriter.write([.init(path: "SST-2/train.tsv", data: Data(count: 5_000_000))], to: zip, format: .zip)
      let source = try DataSource(zip)
      let packed = archiveFailure { _ = try source.file("train.tsv", in: "SST-2", limit: 4_999_999) }
      #expect(packed?.code == .tooLarge)
      let whole = try source.file("train.tsv", in: "SST-2", limit: 5_000_000)
      #expect(whole.data.count == 5_000_000)
      try Data(count: 5_000_000).write(to: folder.appending(path: "dev.tsv"))
      let loose = archiveFailure { _ = try DataSource(folder).file("dev.tsv", in: "SST-2", limit: 4_999_999) }
      #expect(loose?.code == .tooLarge)
    }
  }
}
