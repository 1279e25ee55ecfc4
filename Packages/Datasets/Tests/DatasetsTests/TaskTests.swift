import Bundles
import Datasets
import Foundation
import Testing
import Tokenizers
import TuningCore

/// Every task against References/tasks, which words and tokenizes in Python.
@Suite struct TaskTests {
  private struct Golden: Decodable {
    let task: String
    let folder: String
    let part: DatasetPart
    let template: Int
    let max_length: Int
    let prompt: String?
    let texts: [String]?
    let free: String?
    let free_texts: [String]?
    let golds: [Int]
    let answers: [String]
    let ids: [[Int32]]
    let options: [Int]
    let free_ids: [[Int32]]
    let free_options: [Int]
  }

  private static let official = [
    "boolq", "cb", "copa", "drop", "multirc", "record", "rte", "squad", "sst2", "wic", "winogrande", "wsc",
  ]

  private let tasks: Registry<any EvaluationTask>

  init() throws { tasks = try .tasks() }

  private func task(_ name: String, template: Int) throws -> any EvaluationTask {
    try tasks.make(name, options: ["template": .integer(template)])
  }

  @Test func wordsAndTokensAreThePapers() throws {
    let tokenizer = try Fixture.tokenizer()
    let goldens = try Fixture.golden("tasks", as: [Golden].self)
    var seen: [String: [TaskExample]] = [:]
    var places: [String: Int] = [:]
    for golden in goldens {
      let key = "\(golden.folder) \(golden.part) \(golden.template)"
      if seen[key] == nil {
        let source = try DataSource(Fixture.goldens.appending(path: "tasks/\(golden.folder)"))
        seen[key] = Array(try task(golden.task, template: golden.template).examples(golden.part, in: source))
      }
      let place = places["\(key) \(golden.max_length)", default: 0]
      places["\(key) \(golden.max_length)"] = place + 1
      let example = try #require(seen[key]?.dropFirst(place).first, "\(key): fewer than \(place + 1)")
      if golden.prompt != nil {
        #expect(example.wording.prompt == golden.prompt && example.wording.candidates == golden.texts, "\(key)")
        #expect(example.inputFree.prompt == golden.free && example.inputFree.candidates == golden.free_texts, "\(key)")
      }
      #expect(example.golds == golden.golds && example.references == golden.answers, "\(key)")
      let encoder = PromptEncoder(tokenizer: tokenizer, maximumLength: golden.max_length)
      try expect(golden.ids, golden.options, "\(key) \(place)") { try encoder.encode(example) }
      if !golden.free_ids.isEmpty {
        try expect(golden.free_ids, golden.free_options, "\(key) \(place)") { try encoder.encodeInputFree(example) }
      }
    }
    #expect(Set(goldens.map(\.task)) == Set(Self.official), "every task has goldens")
    for (key, examples) in seen { #expect(places["\(key) 2048"] == examples.count, "\(key): more than the reference") }
  }

  /// The tokens and answers' lengths of each candidate, or an error where Python's answer has no token or nothing before
  /// it.
  private func expect(
    _ ids: [[Int32]], _ options: [Int], _ what: String, of encode: () throws -> EncodedExample
  ) throws {
    guard zip(ids, options).allSatisfy({ $1 > 0 && $1 < $0.count }) else {
      #expect(failure { _ = try encode() }?.code == .unscorableExample, "\(what)")
      return
    }
    let request = try encode().request
    #expect(request.continuations.map { request.prompt + $0 } == ids, "\(what)")
    #expect((request.scoredCounts ?? request.continuations.map(\.count)) == options, "\(what)")
  }

  @Test func archivesAreReadAsFoldersAre() throws {
    try withTemporaryFolder { folder in
      for name in ["COPA", "ReCoRD", "MultiRC"] {
        let task = try self.task(name.lowercased(), template: 0)
        let file = try Data(contentsOf: Fixture.goldens.appending(path: "tasks/\(name)/train.jsonl"))
        let zip = folder.appending(path: "\(name).zip")
        try ArchiveWriter.write(
          [.init(path: "super/\(name)/train.jsonl", data: file), .init(path: "super/CB/train.jsonl", data: Data())],
          to: zip, format: .zip)
        let packed = try task.examples(.training, in: DataSource(zip))
        let loose = try task.examples(.training, in: DataSource(Fixture.goldens.appending(path: "tasks")))
        #expect(packed.map(\.wording) == loose.map(\.wording) && !packed.isEmpty)
      }
    }
  }

  @Test func cardsSayWhatTasksAre() throws {
    #expect(Set(Self.official).isSubset(of: tasks.names) && tasks.names.count == 24)
    for name in tasks.names {
      let task = try self.task(name, template: 0)
      let isWritten = ["squad", "drop"].contains(name)
      #expect(task.answerForm == (isWritten ? .generated(maximumTokens: 50, stop: "\n") : .candidates))
      #expect(task.metric == (isWritten ? .f1 : .accuracy))
      let isModelled = ["copa", "winogrande", "record", "squad", "drop"].contains(name)
      #expect(task.defaultObjective == (isModelled ? .languageModel : .classification), "\(name)")
      #expect(throws: TuningError.self) { try self.task(name, template: task.card.templates.count) }
    }
    #expect(failure { _ = try BoolQ(templateVersion: 3) }?.code == .unknownTemplate)
    #expect(failure { _ = try COPA(templateVersion: -1) }?.message.contains("copa has no template -1") == true)
  }
}

/// Every example of the data at hand, where ZEROTH_TASK_GOLDENS names what `make_goldens.py --all` wrote and
/// ZEROTH_TASK_TOKENIZER the tokenizer that it was given.
@Suite struct AllExamplesTests {
  private struct Golden: Decodable {
    let task: String
    let folder: String
    let part: DatasetPart
    let template: Int
    let digests: [String]
  }

  private static let environment = ProcessInfo.processInfo.environment

  @Test(.enabled(if: environment["ZEROTH_TASK_GOLDENS"] != nil))
  func equalPythons() throws {
    let path = try #require(Self.environment["ZEROTH_TASK_GOLDENS"])
    let tokenizer = try Tokenizer(
      tokenizerJSON: URL(filePath: #require(Self.environment["ZEROTH_TASK_TOKENIZER"])), configuration: nil)
    let goldens = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: URL(filePath: path)))
    let tasks = try Registry<any EvaluationTask>.tasks(), encoder = PromptEncoder(tokenizer: tokenizer)
    var total = 0
    for golden in goldens {
      let task = try tasks.make(golden.task, options: ["template": .integer(golden.template)])
      let examples = try task.examples(golden.part, in: DataSource(URL(filePath: golden.folder)))
      #expect(examples.count == golden.digests.count, "\(golden.task) \(golden.part)")
      for (example, digest) in zip(examples, golden.digests) {
        #expect(try Self.digest(example, encoder) == digest, "\(golden.task) \(golden.template): \(example.origin)")
      }
      total += examples.count
      print("\(golden.task), \(golden.part), template \(golden.template): \(examples.count) examples")
    }
    print("\(total) examples")
  }

  private static func digest(_ example: TaskExample, _ encoder: PromptEncoder) throws -> String {
    var parts = [example.wording.prompt] + example.wording.candidates
    parts += [example.inputFree.prompt] + example.inputFree.candidates
    parts += example.golds.map(String.init) + example.references
    var encoded = [try encoder.encode(example).request]
    // Without an opening token, nothing predicts the first word of a text that has nothing before its answer.
    if let free = try? encoder.encodeInputFree(example).request, !free.continuations.isEmpty { encoded.append(free) }
    for request in encoded {
      for (index, continuation) in request.continuations.enumerated() {
        let ids = (request.prompt + continuation).map(String.init).joined(separator: ",")
        parts.append("\(ids):\(request.scoredCounts?[index] ?? continuation.count)")
      }
    }
    return String(ContentHash(of: Data(parts.joined(separator: "\u{1f}").utf8)).hex.prefix(12))
  }
}
