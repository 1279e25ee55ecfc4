import Evaluation
import Foundation
import TuningCore

/// Finds the step of a run after which an evaluation was bad, by halving: the run is replayed, not trained again.
///
/// - Cost: about log₂ of the steps evaluations, as many replays of half of what is left, and the memory of the trainable
///   parameters once more.
public struct Bisection {
  public struct Look: Sendable, Codable, Equatable {
    /// Steps that were made.
    public var step: Int
    public var score: Double
    public var isGood: Bool
  }

  public struct Report: Sendable, Codable, Equatable {
    /// The first step, counted from 1, after which the score was found bad.
    public var step: Int
    /// The last before it that was found good: the step before it, or, where exact gradients moved parameters, the one
    /// before it that has a payload.
    public var lastGood: Int
    public var metric: Metric
    public var threshold: Double
    /// In the order in which they were made.
    public var looks: [Look]
  }

  private let experiment: Experiment
  private let playback: Playback
  private let part: ExamplePart
  private let threshold: Double

  /// - Parameters:
  ///   - experiment: of the ledger's own recipe.
  ///   - part: the examples that tell good from bad.
  ///   - threshold: a score that is worse than it is bad.
  /// - Throws: `LedgerError.otherRun` where model, tokenizer or data are not those of the run.
  public init(
    _ ledger: LedgerReader, on experiment: Experiment, components: Components, part: ExamplePart, threshold: Double
  ) throws {
    let differences = ledger.header.differences(from: try experiment.ledgerHeader(plugins: []))
    guard differences.isEmpty else {
      throw LedgerError(.otherRun, "\(ledger.file.path): " + differences.joined(separator: "; "))
    }
    self.experiment = experiment
    self.part = part
    self.threshold = threshold
    playback = try Playback(
      ledger, on: experiment.oracle.state, of: experiment.oracle.model, components: components,
      threads: experiment.recipe.threads)
  }

  /// - Parameter observer: hears of every evaluation.
  /// - Throws: `TrainingError.invalidInput` where the score is bad from the beginning, or good to the end.
  public func run(observer: (Look) -> Void = { _ in }) throws -> Report {
    var looks: [Look] = []
    func look() throws -> Look {
      guard let scores = try experiment.evaluate(part) else {
        preconditionFailure("Bisection: an evaluation without an observer was ended")
      }
      let value = scores.mean.value, step = playback.step
      let isGood = experiment.higherIsBetter ? value >= threshold : value <= threshold
      looks.append(Look(step: step, score: value, isGood: isGood))
      observer(looks[looks.count - 1])
      return looks[looks.count - 1]
    }
    guard try look().isGood else {
      throw TrainingError(.invalidInput, "the score is \(looks[0].score) before the first step: no step made it fall")
    }
    let places = playback.places
    var good = try playback.place(), low = 0, high = places.count - 1
    try playback.advance(to: places[high])
    guard try !look().isGood else {
      throw TrainingError(
        .invalidInput, "the score is \(looks[1].score) after the last step, \(places[high]): it did not fall")
    }
    while high - low > 1 {
      let middle = (low + high) / 2
      playback.goBack(to: good)
      try playback.advance(to: places[middle])
      if try look().isGood { (low, good) = (middle, try playback.place()) } else { high = middle }
    }
    return Report(
      step: places[high], lastGood: places[low], metric: experiment.metric, threshold: threshold, looks: looks)
  }
}
