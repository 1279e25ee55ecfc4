import Foundation
import TensorCore
import Testing
import Transformers
import TuningCore

@testable import Training

/// Runs of encoders: asked by clozes where they have a masked language model's head, for labels where they classify.
@Suite(.workplace) struct EncoderRunTests {
  /// A small BERT of random weights with the tokenizer of the tasks' tests.
  private func model(_ head: BertConfiguration.Head, in place: Workplace) throws -> URL {
    let goldens = Project.file("Packages/Datasets/Tests/DatasetsTests/Goldens"), companion = place("tokenizer")
    try FileManager.default.createDirectory(at: companion, withIntermediateDirectories: true)
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.copyItem(
        at: goldens.appending(path: "word-piece.\(name)"), to: companion.appending(path: name))
    }
    let configuration = BertConfiguration(
      variant: .bert, vocabularySize: 208, hiddenSize: 16, intermediateSize: 32, layerCount: 2, headCount: 2,
      positionCount: 512, head: head)
    let state = try BenchModel(name: "small", configuration: configuration)
      .state(dtype: .float32, threads: Threads(1))
    try PretrainedModel.save(state, configuration, to: place("model"), companion: companion)
    return place("model")
  }

  private func run(_ changes: [String: String], on model: URL, in place: Workplace) throws -> RunResult {
    let changes = changes.merging(["model": model.path, "learning_rate": "1e-2"]) { own, _ in own }
    let session = Session(folder: RunFolder(place("run")), changes: changes)
    let result = try session.finish()
    let rebuilt = try Replay(
      ledger: session.folder.ledger, base: nil, components: Plugins.host().components, threads: Threads(2)
    ).run(steps: nil, to: place("rebuilt")) { _, _ in }
    #expect(rebuilt.parameters == result.finalParameters)
    let again = try InferenceModel(run: session.folder, components: Plugins.host().components, threads: Threads(1))
    #expect(!again.state.parameters.paths.isEmpty)
    return result
  }

  @Test func maskedLanguageModelsFillBlanks() throws {
    let place = try Workplace(), model = try model(.maskedLM, in: place)
    // The small tokenizer cuts words into letters: longer clozes than SST-2's own.
    let task = try place.write(
      """
      name: reviews
      files: {training: train.tsv, validation: dev.tsv}
      template: "{sentence} It was"
      labels: {0: terrible, 1: great}
      sentences: [sentence]
      cloze: "*cls**sent_0*_It_was*mask*.*sep+*"
      cloze_length: 500
      """, to: "reviews.yaml")
    let changes = ["scheme": "full", "task": task.path, "max_length": "500"]
    let result = try run(changes, on: model, in: place)
    #expect(result.metric == .accuracy && result.testPredictions.count == 8 && result.work.forwardPasses == 12)
  }

  @Test func fewShotsAreOfEachLabel() throws {
    let place = try Workplace(), model = try model(.maskedLM, in: place)
    let changes = ["data": Project.sentiment.path, "few_shot": "3", "model": model.path, "data_seed": "13"]
    let experiment = try Session(folder: RunFolder(place("run")), changes: changes).experiment()
    for part in [experiment.data.train, experiment.data.dev] {
      #expect(part.count == 6 && part.map(\.gold).sorted() == [0, 0, 0, 1, 1, 1])
    }
  }

  /// The ablation without a prompt: a new head, drawn by the seed.
  @Test func newHeadsAreTrained() throws {
    let place = try Workplace(), model = try model(.none(hasPooler: true), in: place)
    let result = try run(["scheme": "full", "new_head_labels": "2"], on: model, in: place)
    #expect(result.testPredictions.count == 8)
    let other = try Workplace(), copy = try self.model(.none(hasPooler: true), in: other)
    let seeded = try run(["scheme": "full", "new_head_labels": "2", "seed": "4"], on: copy, in: other)
    #expect(seeded.finalParameters != result.finalParameters)
  }

  /// A model that was tuned elsewhere numbers its labels in its own order, and says so in id2label.
  @Test func ownHeadsAreAskedByTheNamesOfTheirLabels() throws {
    let place = try Workplace()
    _ = try place.write(
      (["sentence\tlabel"] + (0..<12).map { "a film \($0)\t\($0 % 2 == 0 ? "yes" : "no")" }).joined(separator: "\n"),
      to: "films/films.tsv")
    let task = try place.write(
      """
      name: films
      files: {training: films.tsv, validation: films.tsv}
      template: "{sentence} It was"
      labels: {no: terrible, yes: great}
      sentences: [sentence]
      cloze: "*cls**sent_0*_It_was*mask*.*sep+*"
      cloze_length: 500
      """, to: "films.yaml")
    func data(_ labels: [String]) throws -> ExampleSet {
      let own = try Workplace(), model = try model(.classification(labels: labels), in: own)
      let changes = [
        "model": model.path, "task": task.path, "data": place("films").path, "train_examples": "6",
        "dev_examples": "6", "test_examples": "4",
      ]
      return try Session(folder: RunFolder(own("run")), changes: changes).experiment().data
    }
    for (labels, rows) in [
      (["No", "YES"], [0, 1]), (["great", "terrible"], [1, 0]), (["LABEL_0", "LABEL_1"], [0, 1]),
    ] {
      let data = try data(labels)
      #expect(data.train.allSatisfy { $0.continuations == rows.map { [Int32($0)] } })
      let batch = try PackedBatch(data.train)
      #expect(batch.targets.prefix(2).map(\.token) == rows.map(Int32.init))
      #expect(batch.examples.map(\.gold) == data.train.map(\.gold) && Set(data.train.map(\.gold)) == [0, 1])
      #expect(data.warnings.contains { $0.contains("have no names") } == (labels[0] == "LABEL_0"))
    }
    for labels in [["bad", "good"], ["no", "maybe", "yes"], ["LABEL_0", "LABEL_1", "LABEL_2"], ["no", "no"]] {
      let refused = message { _ = try data(labels) }
      #expect(refused?.contains("task films 2 labels (no = terrible, yes = great)") == true, "\(refused ?? "nothing")")
    }
  }

  @Test func headsThatStayAsDrawnAreRefused() throws {
    let place = try Workplace(), model = try model(.none(hasPooler: true), in: place)
    let changes = ["model": model.path, "scheme": "bitfit", "bitfit.targets": "[query]", "new_head_labels": "2"]
    let refused = message { _ = try Session(folder: RunFolder(place("run")), changes: changes).experiment() }
    #expect(refused?.contains("leaves it as it was drawn: take scheme full or head") == true, "\(refused ?? "nothing")")
    let generator = message {
      _ = try Session(folder: RunFolder(place("other")), changes: ["new_head_labels": "2"]).experiment()
    }
    #expect(generator != nil)
  }
}
