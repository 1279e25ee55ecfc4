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

  /// A generator that keeps the memory of its activations from text to text.
  public init(_ model: any LanguageModel, state: ModelState, threads: Threads = .available) {
    self.model = model
    self.state = state
    evaluator = EagerEvaluator(threads: threads)
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
    guard decode != nil || (options.stopStrings.isEmpty && onText == nil) else {
      throw ModelError(.invalidRequest, "stop strings and streamed text need a decoder")
    }
    guard options.maximumNewTokens >= 0 else {
      throw ModelError(.invalidRequest, "\(options.maximumNewTokens) new tokens: expected 0 or more")
    }
    guard let shape = model.cacheShape, model.head?.prediction == .nextToken else {
      throw ModelError(.invalidRequest, "the model does not predict next tokens: it cannot continue a text")
    }
    let maximumLength = model.maximumLength - state.positionShift
    let room = maximumLength - prompt.count
    let cache = try KeyValueCache(
      layers: shape.layers,
      capacity: state.virtualLength + prompt.count + max(0, min(options.maximumNewTokens, room)), width: shape.width)
    var text = StreamedText(stops: StopStrings(options.stopStrings), decode: decode, onText: onText)
    var input = prompt
    var finish = Generation.Finish.length
    while text.tokens.count < options.maximumNewTokens {
      guard cache.textCount + input.count <= maximumLength || text.tokens.isEmpty else {
        finish = .modelLength
        break
      }
      let logits = try model.logits(
        of: input, rows: [input.count - 1], state: state, cache: cache, evaluator: evaluator)
      let token = try options.sampler.token(from: logits.floats(), position: cache.textCount)
      if options.stopTokens.contains(token) {
        finish = .stopToken(token)
        break
      }
      if let stop = try text.append(token) {
        finish = .stopString(stop)
        break
      }
      input = [token]
    }
    try text.end()
    return Generation(tokens: text.tokens, text: text.text, finish: finish)
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
