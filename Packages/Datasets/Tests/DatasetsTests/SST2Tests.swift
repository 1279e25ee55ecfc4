import Bundles
import Datasets
import Foundation
import Testing
import TuningCore

@Suite struct SST2Tests {
  @Test func readsTheCopyInTheProject() throws {
    let task = try SST2(), source = try DataSource(Fixture.archive)
    let training = try task.examples(.training, in: source), validation = try task.examples(.validation, in: source)
    #expect(training.count == 8000)
    #expect(validation.count == 872)
    #expect(validation.count { $0.golds == [1] } == 444)
    let first = try #require(validation.first), last = try #require(validation.last)
    #expect(first.wording.prompt == "it 's a charming and often affecting journey . It was")
    #expect(
      first.wording.candidates == [
        "it 's a charming and often affecting journey . It was terrible",
        "it 's a charming and often affecting journey . It was great",
      ])
    #expect(first.golds == [1])
    #expect(first.origin.hasSuffix("SST-2.zip:SST-2/dev.tsv, line 2"))
    #expect(first.inputFree == Wording(prompt: " It was", candidates: [" It was terrible", " It was great"]))
    #expect(last.wording.prompt.hasPrefix("looking aristocratic , luminous yet careworn in jane hamilton 's"))
    #expect(last.golds == [1])
    #expect(try #require(training.first).origin.hasSuffix("SST-2/train.tsv, line 2"))
  }

  @Test func theCopyIsWhatItsSourceNoteSays() throws {
    let note = try String(
      contentsOf: Fixture.archive.deletingLastPathComponent().appending(path: "SOURCE.md"), encoding: .utf8)
    let reader = try ArchiveReader(file: Fixture.archive)
    #expect(note.contains(try ContentHash(ofFile: Fixture.archive).hex))
    for member in ["SST-2/train.tsv", "SST-2/dev.tsv"] {
      let hash = ContentHash(of: try reader.read(member: member))
      #expect(note.contains(hash.hex), "\(member)")
    }
  }

  @Test func aFolderAndAnArchiveAreTheSameData() throws {
    let counts = SplitCounts(train: 300, dev: 100, evaluation: 200)
    let zipped = try TaskData(SST2(), in: DataSource(Fixture.archive), counts: counts)
    let reader = try ArchiveReader(file: Fixture.archive)
    try withTemporaryFolder { folder in
      let files = ["train.tsv", "dev.tsv"]
      for file in files {
        try reader.extract(member: "SST-2/\(file)", to: folder.appending(path: file))
      }
      let loose = try TaskData(SST2(), in: DataSource(folder), counts: counts)
      #expect(loose.contentHash == zipped.contentHash)
      #expect(loose.train.map(\.wording) == zipped.train.map(\.wording))
      #expect(loose.evaluation.map(\.golds) == zipped.evaluation.map(\.golds))

      let archive = folder.appending(path: "glue.tar.zst")
      try ArchiveWriter.write(
        files.map { .init(path: "glue/SST-2/\($0)", file: folder.appending(path: $0)) }
          + [.init(path: "glue/CoLA/train.tsv", data: Data())], to: archive, format: .tarZstandard)
      let packed = try TaskData(SST2(), in: DataSource(archive), counts: counts)
      #expect(packed.contentHash == zipped.contentHash)
    }
    let otherSeed = try TaskData(SST2(), in: DataSource(Fixture.archive), counts: counts, seed: 1)
    #expect(otherSeed.contentHash != zipped.contentHash)
    let otherTemplate = try TaskData(SST2(templateVersion: 1), in: DataSource(Fixture.archive), counts: counts)
    #expect(otherTemplate.contentHash != zipped.contentHash)
    #expect(zipped.train.count == 300)
    #expect(zipped.dev.count == 100)
    #expect(zipped.evaluation.count == 200)
    let seen = Set(zipped.train.map(\.origin))
    #expect(zipped.dev.allSatisfy { !seen.contains($0.origin) })
  }

  @Test func theHashBindsEveryLabel() throws {
    func hash(labels: String) throws -> ContentHash {
      try withTemporaryFolder { folder in
        let lines = zip(["good", "bad"], labels).map { "\($0)\t\($1)\n" }
        let table = "sentence\tlabel\n" + lines.joined()
        try write(["train.tsv": table, "dev.tsv": table], in: folder)
        let counts = SplitCounts(train: 1, dev: 1, evaluation: 2)
        return try TaskData(SST2(), in: DataSource(folder), counts: counts).contentHash
      }
    }
    let original = try hash(labels: "10"), again = try hash(labels: "10"), flipped = try hash(labels: "11")
    #expect(original == again)
    #expect(original != flipped)
  }

  @Test func templatesAreTheBenchmarks() throws {
    try withTemporaryFolder { folder in
      try write(["SST-2/dev.tsv": "sentence\tlabel\n  a \u{a0}film \t0\r\n"], in: folder)
      let source = try DataSource(folder)
      let v0 = try #require(SST2().examples(.validation, in: source).first)
      #expect(v0.wording.candidates == ["a \u{a0}film It was terrible", "a \u{a0}film It was great"])
      let v1 = try #require(SST2(templateVersion: 1).examples(.validation, in: source).first)
      #expect(
        v1.wording == Wording(prompt: "a \u{a0}film ", candidates: ["a \u{a0}film terrible", "a \u{a0}film great"]))
      #expect(v1.golds == [0])
      #expect(v1.inputFree == Wording(prompt: " ", candidates: [" terrible", " great"]))
    }
    #expect(failure { _ = try SST2(templateVersion: 2) }?.code == .unknownTemplate)
  }

  @Test func theRegistryMakesItAndSuggestsIt() throws {
    let tasks = try Registry<any EvaluationTask>.tasks()
    let task = try tasks.make("sst2", options: ["template": .integer(1)])
    #expect((task as? SST2)?.templateVersion == 1)
    #expect(task.defaultObjective == .classification)
    #expect(throws: TuningError.self) { _ = try tasks.make("sst2", options: ["template": .integer(2)]) }
    do {
      _ = try tasks.make("sst-2")
      Issue.record("an unknown task was made")
    } catch let error as TuningError {
      #expect(error.message.contains("Did you mean 'sst2'?"))
    }
  }
}
