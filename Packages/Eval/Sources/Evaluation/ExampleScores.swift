/// What a model answered, example by example, and what each answer was worth.
public struct ExampleScores: Sendable, Equatable, Codable {
  /// What the scores may be, which decides the interval of their mean.
  public enum Scale: String, Sendable, Codable {
    /// 0 or 1: right or wrong.
    case share
    /// From 0 to 1.
    case unit
    /// Any number.
    case real
  }

  /// An answer: the index of a candidate, or a text.
  public enum Prediction: Sendable, Hashable {
    case candidate(Int)
    case text(String)
  }

  public let scale: Scale
  public let scores: [Double]
  public let predictions: [Prediction]
  /// Mean loss in nats; nil where there was nothing to give it.
  public let loss: Double?

  public init(scale: Scale, scores: [Double], predictions: [Prediction], loss: Double?) {
    precondition(scores.count == predictions.count, "ExampleScores: \(scores.count) of \(predictions.count)")
    self.scale = scale
    self.scores = scores
    self.predictions = predictions
    self.loss = loss
  }

  /// Right or wrong, by the candidates ranked first.
  public init(_ ranking: CandidateRanking) {
    self.init(
      scale: .share, scores: ranking.outcomes.map { $0 ? 1 : 0 },
      predictions: ranking.predictions.map(Prediction.candidate), loss: ranking.loss)
  }

  /// The mean score.
  public var mean: Estimate {
    switch scale {
    case .share: Estimate(Proportion(successes: scores.count { $0 > 0 }, count: scores.count))
    case .unit: Estimate(meanOf: scores, within: 0...1)
    case .real: Estimate(meanOf: scores)
    }
  }

  /// How much more the mean is than `before`, on the same examples: of the differences, so that examples that stay as they
  /// were add nothing to the uncertainty.
  public func change(from before: ExampleScores) -> Estimate {
    precondition(
      scale == before.scale && scores.count == before.scores.count,
      "ExampleScores: \(scores.count) scores and \(before.scores.count), of other examples")
    switch scale {
    case .share:
      return Estimate(PairedDifference(before: before.scores.map { $0 > 0 }, after: scores.map { $0 > 0 }))
    case .unit: return Estimate(meanOf: zip(scores, before.scores).map { $0 - $1 }, within: -1...1)
    case .real: return Estimate(meanOf: zip(scores, before.scores).map { $0 - $1 })
    }
  }
}

/// As the number or the text alone.
extension ExampleScores.Prediction: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let index = try? container.decode(Int.self) {
      self = .candidate(index)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .candidate(let index): try container.encode(index)
    case .text(let text): try container.encode(text)
    }
  }
}
