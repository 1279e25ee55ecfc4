import TuningCore

/// MultiRC of SuperGLUE: is an answer to a question about a paragraph right? Each answer is an example, measured alone.
///
/// References: Khashabi et al. 2018; Wang et al. 2019 (SuperGLUE); prompts of MeZO and ZO-LLM.
public struct MultiRC: OfficialTask {
  public static let card = TaskCard(
    name: "multirc", summary: "Whether an answer to a question about a paragraph is right.",
    reference: "Khashabi et al. 2018; SuperGLUE (Wang et al. 2019)", folder: "MultiRC",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl"]],
    templates: [
      "{paragraph}\nQuestion: {question}\nI found this answer \"{answer}\". Is that correct? Yes or No?\n → No|Yes"
    ], defaultObjective: .classification)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    try file.jsonLines { record in
      let passage = try record.record("passage")
      let paragraph = try passage.text("text")
      return try passage.records("questions").flatMap { question in
        let text = try question.text("question")
        return try question.records("answers").map { answer in
          LabelledTexts(
            [paragraph, text, try answer.text("text")], label: try answer.label("label", of: ["false", "true"]),
            origin: answer.origin)
        }
      }
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    let (paragraph, question, answer) = (sample.texts[0], sample.texts[1], sample.texts[2])
    return sample.worded(
      "\(paragraph)\nQuestion: \(question)\nI found this answer \"\(answer)\". Is that correct? Yes or No?\n",
      ["No", "Yes"])
  }
}
