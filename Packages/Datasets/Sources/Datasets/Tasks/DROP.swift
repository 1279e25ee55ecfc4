import TuningCore

/// DROP: an answer to a question about a passage that takes counting or adding, written by the model and measured by the
/// F1 of its words.
///
/// Answers are read as in Hugging Face's data, which MeZO reads: a number, else a date as "day month year", else spans,
/// each of which counts as an answer; of the training file the one answer, of the other all validated ones. Questions
/// whose answer is none or of several kinds, ten in the official files, are left out.
///
/// Files: `drop_dataset_train.json` and `drop_dataset_dev.json`; or JSON Lines, `train.jsonl` and `dev.jsonl`, with
/// `passage`, `question` and `answers`, a list of lists of spans.
///
/// References: Dua et al. 2019; prompts of MeZO and ZO-LLM.
public struct DROP: OfficialTask {
  public static let card = TaskCard(
    name: "drop", summary: "An answer that takes counting or adding, written by the model.",
    reference: "Dua et al. 2019", folder: "drop_dataset",
    files: [
      .training: ["drop_dataset_train.json", "train.jsonl"], .validation: ["drop_dataset_dev.json", "dev.jsonl"],
    ],
    templates: ["Passage: {passage}\nQuestion: {question}\nAnswer: → {answer}\n"],
    answerForm: OpenQuestion.answerForm, metric: .f1, defaultObjective: .languageModel)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [OpenQuestion] {
    let isLines = file.name.hasSuffix(".jsonl")
    let questions = isLines ? try file.jsonLines(Self.flatQuestion) : try Self.questions(of: file.json())
    guard !questions.isEmpty else { throw DatasetError(.emptyDataset, "\(file.name): the file has no questions") }
    return questions
  }

  func word(_ sample: OpenQuestion) -> TaskExample {
    sample.worded("Passage: \(sample.context)\nQuestion: \(sample.question)\nAnswer:")
  }

  private static func questions(of file: JSONRecord) throws -> [OpenQuestion] {
    try file.children().flatMap { _, section in
      let passage = try section.text("passage")
      return try section.records("qa_pairs").compactMap { pair -> OpenQuestion? in
        // The official dev file has validated answers for each question, the training file an empty list.
        let validated = pair.keys.contains("validated_answers") ? try pair.records("validated_answers") : []
        let answers = try (validated.isEmpty ? [pair.record("answer")] : validated).map(spans)
        guard let spans = answers.joinedUnlessUnclear() else { return nil }
        return try question(pair, passage: passage, answers: spans)
      }
    }
  }

  private static func flatQuestion(_ record: JSONRecord) throws -> [OpenQuestion] {
    guard case .array(let answers) = try record.value("answers") else {
      throw DatasetError(.invalidField, "\(record.origin): 'answers' is no list of lists of spans")
    }
    let spans = try answers.flatMap { answer in
      guard case .array(let spans) = answer else {
        throw DatasetError(.invalidField, "\(record.origin): 'answers' is no list of lists of spans")
      }
      return try spans.map { span in
        guard case .string(let text) = span else {
          throw DatasetError(.invalidField, "\(record.origin): a span of 'answers' is no text")
        }
        return text
      }
    }
    guard !spans.isEmpty else { throw DatasetError(.invalidField, "\(record.origin): 'answers' has no span") }
    return [try question(record, passage: record.text("passage"), answers: spans)]
  }

  private static func question(_ record: JSONRecord, passage: String, answers: [String]) throws -> OpenQuestion {
    OpenQuestion(
      title: "", context: passage, question: try record.text("question").strippingWhitespace(), answers: answers,
      origin: record.origin)
  }

  /// The answer's texts; nil where it is of several kinds.
  private static func spans(of answer: JSONRecord) throws -> [String]? {
    let number = try answer.text("number"), spans = try answer.texts("spans"), date = try answer.record("date")
    let parts = try ["day", "month", "year"].map { date.keys.contains($0) ? try date.text($0) : "" }
    let isDated = parts.contains { !$0.isEmpty }
    guard [!number.isEmpty, isDated, !spans.isEmpty].count(where: \.self) <= 1 else { return nil }
    if !number.isEmpty { return [number] }
    return isDated ? [parts.joined(separator: " ").strippingWhitespace()] : spans
  }
}

extension [[String]?] {
  /// All texts; nil where an answer is unclear or there is no text at all.
  fileprivate func joinedUnlessUnclear() -> [String]? {
    guard !contains(where: { $0 == nil }) else { return nil }
    let texts = compactMap(\.self).flatMap(\.self)
    return texts.isEmpty ? nil : texts
  }
}
