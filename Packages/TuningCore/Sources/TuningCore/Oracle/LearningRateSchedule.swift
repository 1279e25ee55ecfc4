import Foundation

/// The learning rate as a function of the step. Evaluated by the training loop, so every optimizer obeys it.
///
///     warm-up   η(t) = η (t + 1) / w                     for t < w
///     constant  η(t) = η
///     linear    η(t) = η (1 − (t − w) / (N − w))
///     cosine    η(t) = η (1 + cos(π (t − w) / (N − w))) / 2
public struct LearningRateSchedule: Sendable, Codable, Equatable {
  public enum Shape: String, Sendable, Codable, CaseIterable { case constant, linear, cosine }

  public var shape: Shape
  public var peak: Float
  /// Steps of linear warm-up, `w`.
  public var warmup: Int
  /// Steps in all, `N`.
  public var total: Int

  public init(shape: Shape = .constant, peak: Float, warmup: Int = 0, total: Int) {
    self.shape = shape
    self.peak = peak
    self.warmup = warmup
    self.total = total
  }

  /// η at `step`, from 0.
  public func rate(at step: Int) -> Float {
    if step < warmup { return Float(Double(peak) * Double(step + 1) / Double(warmup)) }
    let fraction = Double(step - warmup) / Double(max(1, total - warmup))
    switch shape {
    case .constant: return peak
    case .linear: return Float(Double(peak) * (1 - min(1, fraction)))
    case .cosine: return Float(Double(peak) * (1 + cos(.pi * min(1, fraction))) / 2)
    }
  }
}
