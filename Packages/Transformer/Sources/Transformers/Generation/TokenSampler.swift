import Foundation
import TensorCore

/// Chooses the next token from logits: the greatest one, or a draw after temperature, top-k and top-p, in that order,
/// as `transformers` applies them.
public struct TokenSampler: Sendable {
  /// Divides the logits; 0 takes the greatest one always.
  public let temperature: Float
  /// Draws among the k greatest logits (and those equal to the k-th).
  public let topK: Int?
  /// Draws among the fewest tokens whose probabilities add up to p.
  public let topP: Float?
  /// Draws are a function of this and of the position, not of a stream: the same text whatever was drawn before.
  public let seed: UInt64

  /// - Throws: `ModelError.invalidRequest` for a negative temperature, a top-k below 1, a top-p outside (0, 1].
  public init(temperature: Float = 0, topK: Int? = nil, topP: Float? = nil, seed: UInt64 = 0) throws {
    guard temperature >= 0, temperature.isFinite else {
      throw ModelError(.invalidRequest, "temperature \(temperature): expected 0 (greedy) or more")
    }
    if let topK, topK < 1 { throw ModelError(.invalidRequest, "top-k \(topK): expected 1 or more") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ModelError(.invalidRequest, "top-p \(topP): expected more than 0 and at most 1")
    }
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.seed = seed
  }

  private init(checked temperature: Float, _ topK: Int?, _ topP: Float?, _ seed: UInt64) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.seed = seed
  }

  /// The greatest logit, the first of equal ones.
  public static let greedy = TokenSampler(checked: 0, nil, nil, 0)

  /// The same with another seed.
  public func drawing(by seed: UInt64) -> TokenSampler { TokenSampler(checked: temperature, topK, topP, seed) }

  /// The token that follows at `position`.
  ///
  /// - Throws: `ModelError.notFinite`.
  public func token(from logits: UnsafeBufferPointer<Float>, position: Int) throws -> Int32 {
    var best = 0
    for i in logits.indices where logits[i] > logits[best] || logits[best].isNaN { best = i }
    guard !logits.isEmpty, logits[best].isFinite, !logits.contains(where: \.isNaN) else {
      throw ModelError(
        .notFinite,
        "the logits at position \(position) are not finite: the weights are damaged or their dtype is too narrow")
    }
    guard temperature > 0 else { return Int32(best) }
    let candidates = candidates(logits)
    let bits = SeedSequence(runSeed: seed).seed(.sampling, step: position)
    let total = candidates.reduce(0) { $0 + $1.weight }
    var rest = Double(bits >> 11) * 0x1p-53 * total
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return candidate.token }
    }
    return candidates[candidates.count - 1].token
  }

  /// What may be drawn, most probable first, with weights that are proportional to the probabilities.
  func candidates(_ logits: UnsafeBufferPointer<Float>) -> [(token: Int32, weight: Double)] {
    var order = Array(logits.indices)
    order.sort { (logits[$1], $0) < (logits[$0], $1) }
    if let topK, topK < order.count {
      let least = logits[order[topK - 1]]
      order.removeSubrange((order[topK...].firstIndex { logits[$0] < least } ?? order.count)...)
    }
    let greatest = logits[order[0]]
    var kept = order.map { (token: Int32($0), weight: exp(Double((logits[$0] - greatest) / temperature))) }
    if let topP {
      // From the least probable on, tokens go while their sum stays within 1 − p; one is always left.
      let limit = (1 - Double(topP)) * kept.reduce(0) { $0 + $1.weight }
      var removed = 0.0
      while kept.count > 1, removed + kept[kept.count - 1].weight <= limit {
        removed += kept.removeLast().weight
      }
    }
    return kept
  }
}
