import Bundles
import Datasets
import Foundation
import Testing
import Tokenizers
import TuningCore

/// Clozes against References/tasks/make_cloze_goldens.py.
@Suite struct ClozeTests {
  private struct Golden: Decodable {
    let tokenizer: String
    let task: String
    let sentences: [String]
    let words: [Int32]
    /// nil where the blank is cut off.
    let ids: [Int32]?
    let blank: Int?
    let plain: [Int32]
    let types: [Int32]
  }

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(
      tokenizerJSON: Fixture.goldens.appending(path: "\(name).tokenizer.json"), configuration: maskFile(name))
  }

  /// A tokenizer_config.json that names the mask.
  private func maskFile(_ name: String) -> URL { Fixture.goldens.appending(path: "\(name).tokenizer_config.json") }

  private func template(_ task: String) throws -> ClozeTemplate {
    try #require(Registry<any EvaluationTask>.tasks().make(task).card.cloze)
  }

  private func example(_ sentences: [String], gold: Int = 0) -> TaskExample {
    TaskExample(
      wording: Wording(prompt: "", candidates: []), inputFree: Wording(prompt: "", candidates: []), golds: [gold],
      sentences: sentences, origin: "here, line 3")
  }

  @Test func clozesAreLMBFFs() throws {
    let goldens = try Fixture.golden("clozes", as: [Golden].self)
    var cut = 0
    for golden in goldens {
      let tokenizer = try tokenizer(golden.tokenizer), template = try template(golden.task)
      let encoder = try ClozeEncoder(tokenizer: tokenizer, template: template), example = example(golden.sentences)
      #expect(encoder.words == golden.words, "\(golden.task)")
      if let ids = golden.ids, let blank = golden.blank {
        let request = try encoder.encode(example).request
        #expect(request.tokens == ids && request.blanks == [blank], "\(golden.task): \(golden.sentences)")
        #expect(request.candidates == golden.words.map { [$0] } && request.tokenTypes == nil)
      } else {
        let error = failure { _ = try encoder.encode(example) }
        #expect(error?.message.hasPrefix("here, line 3: the blank is cut off") == true, "\(golden.task)")
        cut += 1
      }
      let labels = try LabelEncoder(
        tokenizer: tokenizer, rows: [0, 1], maximumLength: template.maximumLength, tokenTypeCount: 2)
      let request = try labels.encode(example).request
      #expect(request.tokens == golden.plain, "\(golden.task): \(golden.sentences)")
      #expect((request.tokenTypes ?? golden.types.map { _ in 0 }) == golden.types, "\(golden.task)")
    }
    #expect(cut > 4 && Set(goldens.map(\.task)).count == 14)
  }

  @Test func textsAreToldApartAfterASeparator() throws {
    let template = try ClozeTemplate("*cls**sent_0*_is*mask**sep+**sent_1**sep+*", words: ["great"])
    let tokenizer = try tokenizer("word-piece")
    let request = try ClozeEncoder(tokenizer: tokenizer, template: template, tokenTypeCount: 2)
      .encode(example(["so", "fine film"])).request
    let types = try #require(request.tokenTypes)
    let second = try #require(types.firstIndex(of: 1))
    #expect(types == types.sorted() && request.tokens[second - 1] == tokenizer.encode("").last)
    #expect(try PackedBatch(cloze: [request]).layout.tokenTypes == types)
    let plain = try ClozeEncoder(tokenizer: tokenizer, template: template).encode(example(["so", "fine film"])).request
    #expect(plain.tokenTypes == nil)
  }

  @Test func aMaskInASentenceIsNotTheBlank() throws {
    let tokenizer = try tokenizer("byte-level")
    let mask = try #require(tokenizer.mask), word = try #require(tokenizer.token(for: mask))
    let template = try ClozeTemplate("*cls**sent_0*_is*mask**sep+*", words: ["great"])
    let (request, dropped) = try ClozeEncoder(tokenizer: tokenizer, template: template).encode(example([word]))
    #expect(request.tokens.indices.filter { request.tokens[$0] == mask } == [1, request.blanks[0]] && dropped == 0)
  }

  @Test func whatIsCutOffIsCounted() throws {
    let tokenizer = try tokenizer("byte-level"), long = String(repeating: "film ", count: 40)
    let count = tokenizer.encode(long, addingSpecialTokens: false).count
    let limited = try ClozeTemplate(
      "*cls**mask**sent_0**sep+*", words: ["great"], maximumLength: 30, firstSentenceLimit: 20)
    #expect(
      try ClozeEncoder(tokenizer: tokenizer, template: limited).encode(example([long])).droppedTokens == count - 20)
    let whole = try ClozeTemplate("*cls**mask**sent_0**sep+*", words: ["great"], maximumLength: 30)
    let (request, dropped) = try ClozeEncoder(tokenizer: tokenizer, template: whole).encode(example([long]))
    #expect(request.tokens.count == 30 && dropped == count + 3 - 30)
    let labels = try LabelEncoder(tokenizer: tokenizer, rows: [0, 1], maximumLength: 10)
    #expect(try labels.encode(example([long])).droppedTokens == count + 2 - 10)
  }

  @Test(arguments: [
    ("*cls**sent_0*_It_was.*sep+*", "has no *mask*"), ("*cls**sent_x**mask*", "'sent_x' in the template"),
    ("*mask**sents_0*", "'sents_0'"), ("*mask**+sent_10*", "is no sentence"),
  ])
  func badTemplatesAreNamed(text: String, words: String) {
    let error = failure { _ = try ClozeTemplate(text, words: ["great"]) }
    #expect(error?.code == .unknownTemplate && error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  @Test func whatCannotBeAskedIsNamed() throws {
    let tokenizer = try tokenizer("byte-level"), template = try template("sst2")
    let long = try ClozeTemplate("*cls**sent_0**mask*", words: ["tremendously"])
    #expect(failure { _ = try ClozeEncoder(tokenizer: tokenizer, template: long) }?.message.contains("tokens") == true)
    let encoder = try ClozeEncoder(tokenizer: tokenizer, template: template)
    #expect(failure { _ = try encoder.encode(example([])) }?.code == .unscorableExample)
    #expect(failure { _ = try encoder.encode(example(["a"], gold: 2)) }?.code == .unscorableExample)
    let other = try Fixture.tokenizer()
    let error = failure { _ = try ClozeEncoder(tokenizer: other, template: template) }
    #expect(error?.code == .unscorableExample)
    let labels = try LabelEncoder(tokenizer: tokenizer, rows: [0, 1])
    #expect(failure { _ = try labels.encode(example(["a"], gold: 2)) }?.code == .unscorableExample)
  }

  @Test func sentenceTasksAreRead() throws {
    try withTemporaryFolder { folder in
      try write(
        [
          "CoLA/train.tsv": "gj04\t1\t\tThe sailors rode.\nb\t0\t*\tSailors the.\n",
          "mr/test.csv": "1,\"a \"\"fine\"\", long\nfilm\"\n0,dull\r\n",
          "MRPC/dev.tsv": "\u{feff}Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t2\t3\tHe said so .\tSo he said .\n",
        ], in: folder)
      let tasks = try Registry<any EvaluationTask>.tasks(), source = try DataSource(folder)
      let cola = try tasks.make("cola").examples(.training, in: source)
      #expect(cola.map(\.sentences) == [["The sailors rode."], ["Sailors the."]] && cola.map(\.golds) == [[1], [0]])
      let mr = try tasks.make("mr").examples(.validation, in: source)
      #expect(mr.map(\.sentences) == [["a \"fine\", long\nfilm"], ["dull"]] && mr.map(\.golds) == [[1], [0]])
      #expect(
        mr[1].wording == Wording(prompt: "dull It was", candidates: ["dull It was terrible.", "dull It was great."]))
      #expect(mr[1].origin.hasSuffix("line 3"))
      let mrpc = try tasks.make("mrpc").examples(.validation, in: source)
      #expect(
        mrpc[0].wording.prompt == "He said so ." && mrpc[0].wording.candidates[1] == "He said so . Yes, so he said .")
    }
  }
}

/// Every example of GLUE's files at hand, where ZEROTH_CLOZE_GOLDENS names what `make_cloze_goldens.py --all` wrote and
/// ZEROTH_CLOZE_TOKENIZER the folder of the tokenizer that it was given.
@Suite struct AllClozesTests {
  private struct Golden: Decodable {
    let task: String
    let folder: String
    let part: DatasetPart
    let digests: [String]
    /// For each seed, train and dev.
    let shots: [[[Int]]]
    let tests: [Int]
  }

  private static let environment = ProcessInfo.processInfo.environment

  @Test(.enabled(if: environment["ZEROTH_CLOZE_GOLDENS"] != nil))
  func equalPythons() throws {
    let path = try #require(Self.environment["ZEROTH_CLOZE_GOLDENS"])
    let tokenizer = try Tokenizer(folder: URL(filePath: #require(Self.environment["ZEROTH_CLOZE_TOKENIZER"])))
    let goldens = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: URL(filePath: path)))
    for golden in goldens {
      let task = try Registry<any EvaluationTask>.tasks().make(golden.task)
      let examples = try task.examples(golden.part, in: DataSource(URL(filePath: golden.folder)))
      #expect(examples.count == golden.digests.count, "\(golden.task)")
      let encoder = try ClozeEncoder(tokenizer: tokenizer, template: #require(task.card.cloze))
      for (example, digest) in zip(examples, golden.digests) {
        let request = try encoder.encode(example).request
        let text = "\(request.gold):\(request.blanks[0]):" + request.tokens.map(String.init).joined(separator: ",")
        #expect(ContentHash(of: Data(text.utf8)).hex.hasPrefix(digest), "\(example.origin)")
      }
      let labels = examples.map { $0.golds[0] }
      for (seed, shots) in zip(Split.fewShotSeeds, golden.shots) {
        let split = try Split(shots: 16, labels: labels, validationSize: labels.count, evaluation: 1000, seed: seed)
        #expect([split.train, split.dev] == shots && split.evaluation == golden.tests, "\(golden.task) \(seed)")
      }
      print("\(golden.task), \(golden.part): \(examples.count) examples")
    }
  }
}
