import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

@Suite struct GenerationTests {
  @Test(arguments: Goldens.configurations + Goldens.ggufFiles.map { "gguf/\($0)" })
  func greedyEqualsTransformers(name: String) throws {
    let isGGUF = name.hasPrefix("gguf/")
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: isGGUF ? name + ".gguf" : name))
    let expected = try Goldens.json(Expected.self, name + (isGGUF ? ".expected.json" : "/expected.json"))
    let generator = TextGenerator(pretrained.model, state: pretrained.state, threads: Threads(2))
    let options = GenerationOptions(maximumNewTokens: expected.generated.count)
    let generation = try generator.generate(after: expected.prompt, options: options)
    #expect(generation.tokens == expected.generated)
    #expect(generation.finish == .length)
  }

  /// Texts side by side, of unequal lengths, are those that come one by one; each ends on its own account.
  @Test(arguments: Goldens.configurations)
  func manyTextsSideBySide(name: String) throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: name))
    let expected = try Goldens.json(Expected.self, "\(name)/expected.json")
    let generator = TextGenerator(pretrained.model, state: pretrained.state, threads: Threads(2))
    let prompts = [expected.prompt, Array(expected.prompt.prefix(1)), expected.prompt + expected.prompt.reversed()]
    let stop = expected.generated[3]
    let options = GenerationOptions(maximumNewTokens: expected.generated.count, stopTokens: [stop])
    let alone = try prompts.map { try generator.generate(after: $0, options: options) }
    var done: [Int] = []
    let note: (Int) -> Bool = {
      done.append($0)
      return true
    }
    let together = try generator.generate(after: prompts, options: options, progress: note)
    #expect(together == alone && done == [3])
    #expect(alone[0].tokens == Array(expected.generated.prefix { $0 != stop }))
    #expect(try generator.generate(after: prompts, options: options, progress: { _ in false }) == nil)
    #expect(try generator.generate(after: [[Int32]](), options: options) == [])
    #expect(failure { _ = try generator.generate(after: [expected.prompt, []]) }?.code == .invalidRequest)
  }

  /// More texts than go through at once; the draws of each follow from its own seed, whatever stands beside it.
  @Test func manyTextsInGroups() throws {
    let (generator, expected) = try golden()
    let prompts = (0..<70).map { Array(expected.prompt.prefix(1 + $0 % 3)) + expected.prompt }
    let options = GenerationOptions(
      maximumNewTokens: 40, sampler: try TokenSampler(temperature: 1.2, topP: 0.9, seed: 7), stopStrings: ["zz"])
    let seeds = (0..<70).map { UInt64($0 / 2) }
    var done: [Int] = []
    let note: (Int) -> Bool = {
      done.append($0)
      return true
    }
    let texts = try #require(
      try generator.generate(after: prompts, options: options, seeds: seeds, decode: decode, progress: note))
    #expect(done.count > 1 && done.last == 70 && done == done.sorted())
    for number in [0, 1, 37, 69] {
      var own = options
      own.sampler = try TokenSampler(temperature: 1.2, topP: 0.9, seed: seeds[number])
      #expect(try generator.generate(after: prompts[number], options: own, decode: decode) == texts[number])
    }
    #expect(Set(texts.map(\.tokens)).count > 30)
    #expect(generator.cacheBytes(of: prompts, adding: 40) > 0)
  }

  /// Text at a displacement is that of parameters that were moved there.
  @Test(arguments: ["grouped-heads", "bfloat16", "one-head-one-layer"])
  func textAtADisplacement(name: String) throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: name), dtype: .float32)
    let prompt = try Goldens.json(Expected.self, "\(name)/expected.json").prompt
    var state = pretrained.state
    try state.parameters.update {
      $0.tensor = try $0.tensor.copy()
      $0.isTrainable = true
    }
    let terms = [Term(0.3, Direction(seed: 4)), Term(-0.2, Direction(seed: 5))]
    func text(_ displacement: Displacement) throws -> [Int32] {
      let generator = TextGenerator(pretrained.model, state: state, displacement: displacement, threads: Threads(2))
      return try generator.generate(after: prompt, options: GenerationOptions(maximumNewTokens: 12)).tokens
    }
    let clean = try text(.none), displaced = try text(Displacement(terms))
    #expect(try text(.none) == clean && clean != displaced, "the displacement tells, and nothing is written")
    state.parameters.apply(Move(terms), threads: Threads(2))
    #expect(try text(.none) == displaced)
  }

  @Test func theCacheChangesNothing() throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "rope-llama3"))
    let expected = try Goldens.json(Expected.self, "rope-llama3/expected.json")
    let shape = try #require(pretrained.model.cacheShape)
    let cache = try KeyValueCache(layers: shape.layers, capacity: expected.ids.count, width: shape.width)
    let evaluator = EagerEvaluator(threads: Threads(2))
    var found: [[Float]] = []
    for part in [expected.ids[0..<9], expected.ids[9..<10], expected.ids[10..<14], expected.ids[14..<24]] {
      let value = try pretrained.model.logits(
        of: Array(part), state: pretrained.state, cache: cache, evaluator: evaluator)
      found += (0..<value.rows).map { Array(value.floats()[$0 * value.columns..<($0 + 1) * value.columns]) }
    }
    let (max, range) = difference(found, expected.logits)
    #expect(max <= 1e-4 * range)
  }

  /// Letters by token id, one of them in two bytes.
  private func decode(_ tokens: [Int32]) -> String {
    let bytes = tokens.map { $0 == 35 ? [0xc3] : $0 == 36 ? [0xa4] : [UInt8(97 + $0 % 26)] }.joined()
    return String(decoding: Array(bytes), as: UTF8.self)
  }

  private func golden() throws -> (TextGenerator, Expected) {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "grouped-heads"))
    let expected = try Goldens.json(Expected.self, "grouped-heads/expected.json")
    return (TextGenerator(pretrained.model, state: pretrained.state, threads: Threads(1)), expected)
  }

  @Test func stopTokensEndTheText() throws {
    let (generator, expected) = try golden()
    let stop = expected.generated[4]
    let first = try #require(expected.generated.firstIndex(of: stop))
    let generation = try generator.generate(
      after: expected.prompt, options: GenerationOptions(maximumNewTokens: 20, stopTokens: [stop]))
    #expect(generation.tokens == Array(expected.generated[..<first]))
    #expect(generation.finish == .stopToken(stop))
  }

  @Test func stopStringsEndTheTextAndStreamingNeverTellsThem() throws {
    let (generator, expected) = try golden()
    let whole = decode(expected.generated)
    let stop = String(whole.dropFirst(3).prefix(3))
    let end = try #require(whole.range(of: stop)).lowerBound
    var told = ""
    let generation = try generator.generate(
      after: expected.prompt, options: GenerationOptions(maximumNewTokens: 20, stopStrings: ["~", stop]),
      decode: { decode($0) }, onText: { told += $0 })
    #expect(generation.text == String(whole[..<end]))
    #expect(generation.finish == .stopString(stop))
    #expect(told == generation.text)
  }

  @Test func streamedPiecesAreTheText() throws {
    let (generator, expected) = try golden()
    var pieces: [String] = []
    let generation = try generator.generate(
      after: expected.prompt, options: GenerationOptions(maximumNewTokens: 20, stopStrings: ["never seen"]),
      decode: { decode($0) }, onText: { pieces.append($0) })
    #expect(pieces.joined() == generation.text && generation.text == decode(expected.generated))
    #expect(pieces.count > 5)
  }

  @Test func halfACharacterIsHeldBack() {
    let stops = StopStrings(["</s>", "sx"])
    #expect(stops.certainCount(of: Array("abc\u{fffd}".utf8)) == 3)
    #expect(stops.certainCount(of: Array("abc</".utf8)) == 3)
    #expect(stops.certainCount(of: Array("abs".utf8)) == 2)
    #expect(stops.certainCount(of: Array("abc".utf8)) == 3)
    #expect(stops.certainCount(of: []) == 0)
    #expect(stops.match(in: Array("a sx </s>".utf8))?.start == 2)
    #expect(stops.match(in: Array("a</s>sx".utf8))?.string == "</s>")
  }

  @Test func theModelsLengthEndsTheText() throws {
    let (generator, expected) = try golden()
    let prompt = Array(repeating: expected.prompt[0], count: 62)
    let generation = try generator.generate(after: prompt, options: GenerationOptions(maximumNewTokens: 9))
    #expect(generation.tokens.count == 3 && generation.finish == .modelLength)
    #expect(failure { try generator.generate(after: prompt + prompt) }?.code == .invalidRequest)
    #expect(failure { try generator.generate(after: []) }?.code == .invalidRequest)
    #expect(
      failure { try generator.generate(after: prompt, options: GenerationOptions(stopStrings: ["x"])) }?.code
        == .invalidRequest)
  }

  @Test func samplingIsAFunctionOfTheSeed() throws {
    let (generator, expected) = try golden()
    func sample(_ seed: UInt64) throws -> [Int32] {
      let sampler = try TokenSampler(temperature: 1.5, topK: 20, topP: 0.95, seed: seed)
      return try generator.generate(
        after: expected.prompt, options: GenerationOptions(maximumNewTokens: 20, sampler: sampler)
      ).tokens
    }
    #expect(try sample(1) == sample(1))
    #expect(try sample(1) != sample(2))
  }

  /// The draw for a token is that of its own place in the text, so text continued from its middle goes on as before.
  @Test func samplingIsAFunctionOfThePosition() throws {
    let (generator, expected) = try golden()
    let sampler = try TokenSampler(temperature: 1.2, seed: 5)
    let options = GenerationOptions(maximumNewTokens: 12, sampler: sampler)
    let whole = try generator.generate(after: expected.prompt, options: options).tokens
    let rest = try generator.generate(after: expected.prompt + whole[..<5], options: options).tokens
    #expect(Array(rest[..<7]) == Array(whole[5...]))
    let text = expected.prompt + whole
    let evaluator = EagerEvaluator(threads: Threads(1))
    let all = try generator.model.logits(of: text, state: generator.state, evaluator: evaluator)
    for place in expected.prompt.count..<text.count {
      let row = UnsafeBufferPointer(rebasing: all.floats()[(place - 1) * 37..<place * 37])
      #expect(try sampler.token(from: row, position: place) == text[place])
    }
  }
}
