import TensorCore
import TuningCore

/// What and how much to generate.
public struct GenerationOptions: Sendable {
  /// Greatest number of tokens to add.
  public var maximumNewTokens: Int
  /// How each token is chosen.
  public var sampler: TokenSampler
  /// Tokens that end the text; none of them becomes part of it.
  public var stopTokens: Set<Int32>
  /// Strings that end the text; none of them becomes part of it. They need `decode`.
  public var stopStrings: [String]

  public init(
    maximumNewTokens: Int = 128, sampler: TokenSampler = .greedy, stopTokens: Set<Int32> = [],
    stopStrings: [String] = []
  ) {
    self.maximumNewTokens = maximumNewTokens
    self.sampler = sampler
    self.stopTokens = stopTokens
    self.stopStrings = stopStrings
  }
}

/// What was generated.
public struct Generation: Sendable, Equatable {
  /// What ended it.
  public enum Finish: Sendable, Equatable {
    case stopToken(Int32)
    case stopString(String)
    /// The number of new tokens asked for.
    case length
    /// The model's own greatest length.
    case modelLength
  }

  /// New tokens, without a stop token; the last ones may spell a stop string.
  public var tokens: [Int32]
  /// Their text up to a stop string; empty without `decode`.
  public var text: String
  /// Why there is no more.
  public var finish: Finish
}

/// Generates text token by token, with a cache of keys and values.
public struct TextGenerator {
  /// What generates.
  public let model: any LanguageModel
  /// Its parameters and adapters.
  public let state: ModelState
  private let evaluator: EagerEvaluator

  /// Greatest number of tokens, prompts and what is added to them, of the texts that are generated side by side, as long
  /// as their cache keeps within `cacheBytes`: many texts read the weights as often as one.
  public static let tokensAtOnce = 2048
  /// Of the cache of texts that are generated side by side; a single text may need more.
  public static let cacheBytes = 512 << 20

  /// A generator that keeps the memory of its activations from text to text.
  ///
  /// - Parameter displacement: of the parameters as they are read; they are not written.
  public init(
    _ model: any LanguageModel, state: ModelState, displacement: Displacement = .none, threads: Threads = .available,
    workspace: Workspace? = nil
  ) {
    self.model = model
    self.state = state
    evaluator = EagerEvaluator(threads: threads, displacements: [displacement], workspace: workspace)
  }

  /// Continues `prompt`.
  ///
  /// - Parameters:
  ///   - decode: the text of token ids; wanted for stop strings and for `onText`.
  ///   - onText: hears each piece of text as soon as no later token can change it. What it throws ends the generation.
  /// - Throws: `ModelError.invalidRequest` for an empty prompt, one with foreign tokens or one longer than the model;
  ///   `.notFinite`; what `decode` and `onText` throw; `TensorError.outOfMemory` for the cache.
  public func generate(
    after prompt: [Int32], options: GenerationOptions = GenerationOptions(),
    decode: (([Int32]) throws -> String)? = nil,
    onText: ((String) throws -> Void)? = nil
  ) throws -> Generation {
    try generate([GrowingText(prompt, options, decode: decode, onText: onText)], options)[0]
  }

  /// Continues each of `prompts`, many side by side; each as if it were alone, up to the rounding of sums.
  ///
  /// - Parameters:
  ///   - seeds: of each prompt's draws, in place of the sampler's own; empty: the sampler's own for all.
  ///   - decode: the text of token ids; wanted for stop strings.
  ///   - progress: hears how many are done; returning false ends the generation.
  /// - Returns: nil where `progress` ended it.
  /// - Throws: as `generate` for one prompt.
  public func generate(
    after prompts: [[Int32]], options: GenerationOptions = GenerationOptions(), seeds: [UInt64] = [],
    decode: (([Int32]) throws -> String)? = nil, progress: (Int) -> Bool = { _ in true }
  ) throws -> [Generation]? {
    precondition(seeds.isEmpty || seeds.count == prompts.count, "generate: \(seeds.count) seeds of \(prompts.count)")
    var done: [Generation] = []
    done.reserveCapacity(prompts.count)
    for group in groups(of: prompts, adding: options.maximumNewTokens) {
      done += try generate(
        group.map { index in
          try GrowingText(
            prompts[index], options, sampler: seeds.isEmpty ? nil : options.sampler.drawing(by: seeds[index]),
            decode: decode)
        }, options)
      guard progress(done.count) else { return nil }
    }
    return done
  }

  /// Bytes that the cache of `prompts` takes at most at a time.
  public func cacheBytes(of prompts: [[Int32]], adding count: Int) -> Int {
    groups(of: prompts, adding: count).map { group in
      let longest = group.map { length(of: prompts[$0], adding: count) }.max() ?? 0
      return group.count * longest * bytesPerToken
    }.max() ?? 0
  }

  private var bytesPerToken: Int { model.cacheShape.map { 8 * $0.layers * $0.width } ?? 0 }

  /// Rows of a cache that a prompt and what is added to it take at most.
  private func length(of prompt: [Int32], adding count: Int) -> Int {
    let room = model.maximumLength - state.positionShift - prompt.count
    return state.virtualLength + prompt.count + max(0, min(count, room))
  }

  /// Prompts that are continued side by side.
  private func groups(of prompts: [[Int32]], adding count: Int) -> [Range<Int>] {
    let limit = min(Self.tokensAtOnce, Self.cacheBytes / max(1, bytesPerToken))
    var groups: [Range<Int>] = [], start = 0, longest = 0
    for (i, prompt) in prompts.enumerated() {
      longest = max(longest, length(of: prompt, adding: count))
      if i > start, (i + 1 - start) * longest > limit {
        groups.append(start..<i)
        (start, longest) = (i, length(of: prompt, adding: count))
      }
    }
    if start < prompts.count { groups.append(start..<prompts.count) }
    return groups
  }

  /// Continues texts side by side: each step is one forward of the texts that still grow.
  private func generate(_ begun: [GrowingText], _ options: GenerationOptions) throws -> [Generation] {
    guard options.maximumNewTokens >= 0 else {
      throw ModelError(.invalidRequest, "\(options.maximumNewTokens) new tokens: expected 0 or more")
    }
    guard let shape = model.cacheShape, model.head?.prediction == .nextToken else {
      throw ModelError(.invalidRequest, "the model does not predict next tokens: it cannot continue a text")
    }
    var texts = begun
    let cache = try KeyValueCache(
      layers: shape.layers, sequences: texts.count,
      capacity: texts.map { length(of: $0.input, adding: options.maximumNewTokens) }.max() ?? 0, width: shape.width)
    if options.maximumNewTokens > 0 {
      for text in texts { try model.check(text.input, SequenceLayout(sequenceOf: text.input.count), in: state) }
    }
    while true {
      for index in texts.indices {
        texts[index].endWhereFull(options, maximumLength: model.maximumLength - state.positionShift)
      }
      let growing = texts.indices.filter { texts[$0].finish == nil }
      if growing.isEmpty { break }
      let logits = try nextLogits(growing.map { texts[$0] }, cache: cache, sequences: growing)
      try withExtendedLifetime(logits) {
        let values = logits.floats(), width = logits.columns
        for (row, index) in growing.enumerated() {
          let row = UnsafeBufferPointer(rebasing: values[row * width..<(row + 1) * width])
          try texts[index].take(row, stopTokens: options.stopTokens)
        }
      }
    }
    return try texts.indices.map { try texts[$0].end() }
  }

  /// Logits after each text's last token: [texts, V].
  private func nextLogits(
    _ texts: [GrowingText], cache: KeyValueCache, sequences: [Int]
  ) throws -> EagerEvaluator.Value {
    cache.active = sequences
    var layout = SequenceLayout(segments: [], positions: []), tokens: [Int32] = []
    for text in texts {
      layout.segments.append(.init(rows: tokens.count..<tokens.count + text.input.count))
      layout.positions += (text.readCount..<text.readCount + text.input.count).map(Int32.init)
      tokens += text.input
    }
    let hidden = model.hiddenStates(
      of: tokens, layout: layout, rows: layout.segments.map { $0.rows.upperBound - 1 }, state: state, cache: cache,
      evaluator: evaluator)
    return try model.logits(ofHidden: hidden, state: state, evaluator: evaluator)
  }
}

/// A text that is being generated.
private struct GrowingText {
  private let sampler: TokenSampler
  private var text: StreamedText
  /// What the next forward reads: the prompt, then the last token.
  private(set) var input: [Int32]
  /// Tokens read before `input`.
  private(set) var readCount = 0
  /// nil while it grows.
  private(set) var finish: Generation.Finish?

  init(
    _ prompt: [Int32], _ options: GenerationOptions, sampler: TokenSampler? = nil,
    decode: (([Int32]) throws -> String)?, onText: ((String) throws -> Void)? = nil
  ) throws {
    guard decode != nil || (options.stopStrings.isEmpty && onText == nil) else {
      throw ModelError(.invalidRequest, "stop strings and streamed text need a decoder")
    }
    self.sampler = sampler ?? options.sampler
    text = StreamedText(stops: StopStrings(options.stopStrings), decode: decode, onText: onText)
    input = prompt
  }

  /// Ends the text where no more is wanted or the model has no more room.
  mutating func endWhereFull(_ options: GenerationOptions, maximumLength: Int) {
    guard finish == nil else { return }
    if text.tokens.count >= options.maximumNewTokens {
      finish = .length
    } else if readCount + input.count > maximumLength, !text.tokens.isEmpty {
      finish = .modelLength
    }
  }

  /// Chooses the token that follows, from the logits after the last one.
  mutating func take(_ logits: UnsafeBufferPointer<Float>, stopTokens: Set<Int32>) throws {
    readCount += input.count
    let token = try sampler.token(from: logits, position: readCount)
    if stopTokens.contains(token) {
      finish = .stopToken(token)
    } else if let stop = try text.append(token) {
      finish = .stopString(stop)
    }
    input = [token]
  }

  /// Tells what was held back, and gives the whole.
  mutating func end() throws -> Generation {
    try text.end()
    return Generation(tokens: text.tokens, text: text.text, finish: finish ?? .length)
  }
}

/// The text of the tokens so far. Decodes all of them for each new one, which a forward outweighs by far: what a token
/// adds depends on those before it.
private struct StreamedText {
  let stops: StopStrings
  let decode: (([Int32]) throws -> String)?
  let onText: ((String) throws -> Void)?
  private(set) var tokens: [Int32] = []
  private var bytes: [UInt8] = []
  private var told = 0

  init(
    stops: StopStrings, decode: (([Int32]) throws -> String)?, onText: ((String) throws -> Void)?
  ) {
    self.stops = stops
    self.decode = decode
    self.onText = onText
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Takes `token` in; the stop string that it completes, if any.
  mutating func append(_ token: Int32) throws -> String? {
    tokens.append(token)
    guard let decode else { return nil }
    bytes = Array(try decode(tokens).utf8)
    if let match = stops.match(in: bytes) {
      bytes.removeSubrange(match.start...)
      return match.string
    }
    try tell(upTo: stops.certainCount(of: bytes))
    return nil
  }

  /// Tells what was held back.
  mutating func end() throws { try tell(upTo: bytes.count) }

  private mutating func tell(upTo end: Int) throws {
    guard let onText, end > told else { return }
    try onText(String(decoding: bytes[told..<end], as: UTF8.self))
    told = end
  }
}
