import TuningCore

/// WinoGrande: which of two names fills the blank of a sentence?
///
/// Partial evaluation (Trinh & Le 2018): the prompt is the sentence up to the blank, a candidate is the option with what
/// follows the blank, and all of it is scored.
///
/// Files: `train_m.jsonl`, the size that ZO-LLM trains on, and `dev.jsonl`.
///
/// References: Sakaguchi et al. 2020; ZO-LLM (2024).
public struct WinoGrande: OfficialTask {
  struct Sample: Sendable {
    let sentence: (before: String, after: String)
    let options: [String]
    let answer: Int
    let origin: String
  }

  public static let card = TaskCard(
    name: "winogrande", summary: "Which of two names fills the blank of a sentence.",
    reference: "Sakaguchi et al. 2020", folder: "winogrande_1.1",
    files: [.training: ["train_m.jsonl"], .validation: ["dev.jsonl"]],
    templates: ["{text before _} → {option}{text after _}"], defaultObjective: .languageModel)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [Sample] {
    try file.jsonLines { record in
      let sentence = try record.text("sentence")
      let parts = sentence.unicodeScalars.split(separator: "_", omittingEmptySubsequences: false).map { String($0) }
      guard parts.count == 2 else {
        throw DatasetError(
          .invalidField, "\(record.origin): 'sentence' has \(parts.count - 1) blanks '_' where one is expected")
      }
      return [
        Sample(
          sentence: (parts[0], parts[1]), options: [try record.text("option1"), try record.text("option2")],
          answer: try Self.answer(of: record), origin: record.origin)
      ]
    }
  }

  /// `answer` is "1" or "2".
  private static func answer(of record: JSONRecord) throws -> Int {
    let answer = try record.text("answer")
    guard let place = ["1", "2"].firstIndex(of: answer) else {
      throw DatasetError(
        .unknownLabel, "\(record.origin): answer '\(answer)' is neither 1 nor 2; unlabelled files cannot be used")
    }
    return place
  }

  func word(_ sample: Sample) -> TaskExample {
    let candidates = sample.options.map { $0 + sample.sentence.after }
    return TaskExample(
      wording: Wording(sample.sentence.before, candidates), inputFree: Wording("", candidates),
      golds: [sample.answer], origin: sample.origin)
  }
}
