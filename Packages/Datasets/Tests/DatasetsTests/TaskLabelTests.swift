import TuningCore
import Testing

@testable import Datasets

@Suite struct TaskLabelTests {
  private func labels(_ task: String) throws -> [TaskLabel] {
    try Registry<any EvaluationTask>.task(task).card.labels
  }

  /// Heads of public models: names and the row of each of the task's labels.
  @Test(arguments: [
    ("mnli", ["CONTRADICTION", "NEUTRAL", "ENTAILMENT"], [0, 2, 1]),
    ("mnli", ["entailment", "neutral", "contradiction"], [2, 0, 1]),
    ("mnli", ["LABEL_0", "LABEL_1", "LABEL_2"], [0, 1, 2]),
    ("sst2", ["NEGATIVE", "POSITIVE"], [0, 1]), ("sst2", ["positive", "negative"], [1, 0]),
    ("sst2", ["1", "0"], [1, 0]),
    ("rte", ["not_entailment", "entailment"], [1, 0]), ("qnli", ["Not Entailment", "Entailment"], [1, 0]),
    ("mrpc", ["not_equivalent", "equivalent"], [0, 1]), ("cola", ["acceptable", "unacceptable"], [1, 0]),
    ("sst5", ["Very Positive", "Positive", "Neutral", "Negative", "Very Negative"], [4, 3, 2, 1, 0]),
  ])
  func headsAreReadByName(task: String, names: [String], rows: [Int]) throws {
    #expect(try labels(task).rows(ofHeadNaming: names) == rows)
  }

  @Test(arguments: [
    ("mnli", ["entailment", "not_entailment"]), ("sst2", ["LABEL_1", "LABEL_0"]), ("sst2", ["negative", "negative"]),
    ("sst2", ["sadness", "joy"]), ("rte", ["CONTRADICTION", "NEUTRAL", "ENTAILMENT"]), ("sst2", ["LABEL_0"]),
    ("sst2", []),
  ])
  func otherHeadsHaveNoRows(task: String, names: [String]) throws {
    #expect(try labels(task).rows(ofHeadNaming: names) == nil)
  }

  @Test func everyClozeHasItsLabels() throws {
    for task in try Registry<any EvaluationTask>.tasks().names {
      let card = try Registry<any EvaluationTask>.task(task).card
      #expect(card.labels.count == card.cloze?.words.count ?? 0, "\(task)")
      #expect(Set(card.labels.map(\.text)).count == card.labels.count, "\(task)")
    }
  }
}
