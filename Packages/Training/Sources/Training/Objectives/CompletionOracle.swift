import TensorCore
import TuningCore

/// The loss of what a model writes: at a displacement, every prompt of a batch is continued by the model displaced so, and
/// the completions are scored. Parameters are read displaced and never written, as for any other loss.
///
/// The loss changes in jumps, so there are no derivatives. A displacement is one query, however many tokens its texts have;
/// the tokens counted are those that the model reads, prompts and answers. Displacements go one after the other: their
/// texts part ways.
final class CompletionOracle: LossOracle {
  private let base: EagerOracle
  private let writer: CompletionWriter
  private let scorer: any CompletionScorer
  /// Of the run: what is drawn is drawn anew each step, and alike at all displacements of one.
  var step = 0
  private(set) var queryCount = 0
  private(set) var tokenCount = 0

  init(_ base: EagerOracle, writer: CompletionWriter, scorer: any CompletionScorer) {
    self.base = base
    self.writer = writer
    self.scorer = scorer
  }

  func losses(at displacements: [Displacement], on batch: PackedBatch) throws -> [Float] {
    let numbers = try batch.examples.map { example in
      guard let number = example.number else {
        throw TuningError(.invalidBatch, "an example of the batch has no number: its prompt is not known")
      }
      return number
    }
    return try displacements.map { displacement in
      let written = try writer.completions(numbers, of: .train, by: base, at: displacement, round: step + 1)
      guard let (completions, tokens) = written else { preconditionFailure("a generation that nobody ends") }
      queryCount += 1
      tokenCount += tokens
      return scorer.loss(of: try scorer.scores(of: completions))
    }
  }

  func weight(of batch: PackedBatch) -> Double { Double(batch.examples.count) }

  func squaredNorm(of direction: Direction) -> (sum: Double, count: Int) { base.squaredNorm(of: direction) }
}
