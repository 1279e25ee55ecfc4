import Tokenizers
import TuningCore

/// A prompt and texts that may follow it: a line that `zeroth score` reads.
public struct ContinuationQuery: Sendable, Codable, Equatable {
  public var prompt: String
  public var continuations: [String]

  public init(prompt: String, continuations: [String]) {
    self.prompt = prompt
    self.continuations = continuations
  }
}

/// What a model makes of a query: a line that `zeroth score` writes.
public struct ContinuationScores: Sendable, Codable, Equatable {
  public struct Continuation: Sendable, Codable, Equatable {
    public var text: String
    public var ids: [Int32]
    /// log p of each id, in nats.
    public var logProbabilities: [Float]
    public var sum: Double
    public var mean: Double
  }

  public var promptIds: [Int32]
  public var continuations: [Continuation]
}

extension InferenceModel {
  /// Log-probabilities of each continuation's tokens after the prompt.
  ///
  /// A continuation's tokens are the last #tokens(prompt + continuation) − #tokens(prompt) ones of the whole text,
  /// wherever the tokenizer merges across the border.
  ///
  /// - Throws: `TrainingError.invalidInput` for a continuation without tokens, or one that nothing precedes.
  public func score(_ query: ContinuationQuery, oracle: EagerOracle) throws -> ContinuationScores {
    let prompt = tokenizer.encode(query.prompt)
    let continuations = try query.continuations.map { text in
      let whole = tokenizer.encode(query.prompt + text), count = whole.count - prompt.count
      guard count > 0, count < whole.count else {
        throw TrainingError(
          .invalidInput,
          "continuation \"\(text)\" is \(count) of \(whole.count) tokens: it needs at least one, and one before it")
      }
      let room = model.maximumLength - state.positionShift
      guard whole.count - 1 <= room else {
        throw TrainingError(
          .invalidInput,
          "prompt and continuation are \(whole.count) tokens, and the model has room for \(room): shorten them")
      }
      let ids = Array(whole.suffix(count))
      let batch = try PackedBatch([ScoringRequest(prompt: Array(whole.dropLast(count)), continuations: [ids])])
      let logProbabilities = try oracle.logProbabilities(on: batch)[0]
      let sum = logProbabilities.reduce(0.0) { $0 + Double($1) }
      return ContinuationScores.Continuation(
        text: text, ids: ids, logProbabilities: logProbabilities, sum: sum, mean: sum / Double(count))
    }
    return ContinuationScores(promptIds: prompt, continuations: continuations)
  }
}
