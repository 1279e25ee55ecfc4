import Datasets
import Foundation
import Testing
import Tokenizers
import TuningCore

/// In-context learning against References/tasks/make_goldens.py.
@Suite struct DemonstrationTests {
  private struct Golden: Decodable {
    let task: String
    let folder: String
    let place: Int
    let prompt: [Int32]
    let ids: [[Int32]]
    let options: [Int]
    let free_ids: [[Int32]]
    let free_options: [Int]
  }

  private struct Sets: Decodable {
    let count: Int
    let asked: Int
    let k: Int
    let sets: [[Int]]
  }

  @Test func textsAreThePapers() throws {
    let encoder = PromptEncoder(tokenizer: try Fixture.tokenizer())
    let goldens = try Fixture.golden("demonstrations", as: [Golden].self)
    for golden in goldens {
      let source = try DataSource(Fixture.goldens.appending(path: "tasks/\(golden.folder)"))
      let examples = Array(try Registry<any EvaluationTask>.tasks().make(golden.task).examples(.training, in: source))
      let shown = Demonstrations(examples.indices.filter { $0 != golden.place }.map { examples[$0] })
      let example = examples[golden.place], what = "\(golden.task) \(golden.place)"
      #expect(encoder.encodePrompt(example, after: shown) == golden.prompt, "\(what)")
      guard golden.options.allSatisfy({ $0 > 0 }) else {
        #expect(failure { _ = try encoder.encode(example, after: shown) }?.code == .unscorableExample, "\(what)")
        continue
      }
      try expect(encoder.encode(example, after: shown), golden.ids, golden.options, what)
      if !golden.free_ids.isEmpty {
        try expect(encoder.encodeInputFree(example, after: shown), golden.free_ids, golden.free_options, what)
      }
    }
    #expect(Set(goldens.map(\.task)) == ["sst2", "copa", "record", "squad"])
  }

  private func expect(_ encoded: EncodedExample, _ ids: [[Int32]], _ options: [Int], _ what: String) {
    let request = encoded.request
    #expect(request.continuations.map { request.prompt + $0 } == ids, "\(what)")
    #expect((request.scoredCounts ?? request.continuations.map(\.count)) == options, "\(what)")
  }

  /// A task whose examples are numbers.
  private struct Numbers: EvaluationTask {
    let count: Int
    let asked: Int
    let templateVersion = 0
    let card = TaskCard(
      name: "numbers", summary: "", reference: "", folder: "", files: [:], templates: ["{n}"],
      defaultObjective: .classification)

    func examples(_ part: DatasetPart, in source: DataSource) throws -> TaskExamples {
      TaskExamples(Array(0..<(part == .training ? count : asked))) { number in
        let wording = Wording(prompt: "", candidates: ["\(number)"])
        return TaskExample(wording: wording, inputFree: wording, golds: [0], origin: "\(number)")
      }
    }

    func data(train: Int, dev: Int) throws -> TaskData {
      try withTemporaryFolder { folder in
        try TaskData(self, in: DataSource(folder), counts: SplitCounts(train: train, dev: dev, evaluation: asked))
      }
    }
  }

  private func demonstrations(_ numbers: [Int]) -> Demonstrations {
    Demonstrations(
      numbers.map {
        let wording = Wording(prompt: "", candidates: ["\($0)"])
        return TaskExample(wording: wording, inputFree: wording, golds: [0], origin: "")
      })
  }

  @Test func setsAreMeZOs() throws {
    for golden in try Fixture.golden("demonstration-sets", as: [Sets].self) {
      let data = try Numbers(count: golden.count, asked: golden.asked).data(train: golden.count, dev: 0)
      let each = try data.demonstrations(.init(count: golden.k, isPerExample: true), for: .evaluation)
      #expect(each == golden.sets.map(demonstrations), "\(golden.count)")
      let same = try data.demonstrations(.init(count: golden.k), for: .evaluation)
      #expect(Set(same) == [Demonstrations(Array(data.train.prefix(golden.k)))] && same.count == golden.asked)
    }
  }

  @Test func noExampleIsShownBeforeItself() throws {
    let data = try Numbers(count: 4, asked: 1).data(train: 1, dev: 3)
    let each = try data.demonstrations(.init(count: 3, isPerExample: true), for: .dev)
    for (shown, example) in zip(each, data.dev) {
      let others = (0..<4).filter { "\($0)" != example.origin }
      let orders = others.flatMap { a in others.flatMap { b in others.map { [a, b, $0] } } }
      #expect(orders.filter { Set($0).count == 3 }.map(demonstrations).contains(shown))
    }
    let error = failure { _ = try data.demonstrations(.init(count: 4, isPerExample: true), for: .dev) }
    #expect(error?.message.contains("4 demonstrations are asked for, and there are 3") == true)
    #expect(failure { _ = try data.demonstrations(.init(count: 2), for: .evaluation) }?.code == .emptyDataset)
    #expect(try data.demonstrations(.init(count: 0), for: .dev) == [.none, .none, .none])
  }
}
