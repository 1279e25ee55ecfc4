import TuningCore

/// SQuAD 1.1: an answer to a question about a paragraph, written by the model and measured by the F1 of its words.
///
/// References: Rajpurkar et al. 2016; prompts of MeZO and ZO-LLM.
public struct SQuAD: OfficialTask {
  public static let card = TaskCard(
    name: "squad", summary: "An answer to a question about a paragraph, written by the model.",
    reference: "Rajpurkar et al. 2016", folder: "squad",
    files: [.training: ["train-v1.1.json"], .validation: ["dev-v1.1.json"]],
    templates: ["Title: {title}\nContext: {context}\nQuestion: {question}\nAnswer: → {answer}\n"],
    answerForm: OpenQuestion.answerForm, metric: .f1, defaultObjective: .languageModel)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [OpenQuestion] {
    let questions = try file.json().records("data").flatMap { article in
      let title = try article.text("title")
      return try article.records("paragraphs").flatMap { paragraph in
        let context = try paragraph.text("context")
        return try paragraph.records("qas").map { try Self.question($0, title: title, context: context) }
      }
    }
    guard !questions.isEmpty else { throw DatasetError(.emptyDataset, "\(file.name): the file has no questions") }
    return questions
  }

  private static func question(_ record: JSONRecord, title: String, context: String) throws -> OpenQuestion {
    let answers = try record.records("answers").map { try $0.text("text") }
    guard !answers.isEmpty else {
      throw DatasetError(
        .invalidField, "\(record.origin): the question has no answer; files of SQuAD 1.1 are read, not of 2.0")
    }
    return OpenQuestion(
      title: title, context: context, question: try record.text("question").strippingWhitespace(), answers: answers,
      origin: record.origin)
  }

  func word(_ sample: OpenQuestion) -> TaskExample {
    sample.worded("Title: \(sample.title)\nContext: \(sample.context)\nQuestion: \(sample.question)\nAnswer:")
  }
}
