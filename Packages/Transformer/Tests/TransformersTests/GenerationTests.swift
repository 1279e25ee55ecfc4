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
