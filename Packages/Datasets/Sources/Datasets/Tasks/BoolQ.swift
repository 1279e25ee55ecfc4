import TuningCore

/// BoolQ: does a passage answer a question with yes (candidate 0) or no?
///
/// The question starts with a capital and ends with a question mark. Version 1 is a slip of the published code, kept for
/// comparison: a backslash and an n, twice, stand before the answer. Version 2 is MeZO's.
///
/// Files: SuperGLUE's `train.jsonl` and `val.jsonl`, whose passages begin with the title and whose answer is `label`; or
/// Google's `train.jsonl` and `dev.jsonl`, whose passages do not and whose answer is `answer`: MeZO reads these.
///
/// References: Clark et al. 2019; prompts of MeZO and ZO-LLM.
public struct BoolQ: OfficialTask {
  public static let card = TaskCard(
    name: "boolq", summary: "Whether a passage answers a question with yes.",
    reference: "Clark et al. 2019; SuperGLUE (Wang et al. 2019)", folder: "BoolQ",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl", "dev.jsonl"]],
    templates: [
      "{passage} {Question?} → Yes|No", #"{passage} {Question?}\\n\\n → Yes|No (backslashes and letters)"#,
      "{passage} {Question?}\n → Yes|No",
    ], defaultObjective: .classification)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    try file.jsonLines { record in
      let label = record.keys.contains("label") ? "label" : "answer"
      let isTrue = try record.label(label, of: ["false", "true"]) == 1
      return [
        LabelledTexts(
          [try record.text("passage"), try record.text("question")], label: isTrue ? 0 : 1, origin: record.origin)
      ]
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    var question = sample.texts[1]
    if question.unicodeScalars.last != "?" { question += "?" }
    let first = question.unicodeScalars.first?.properties.uppercaseMapping ?? ""
    let prompt = "\(sample.texts[0]) \(first)\(String(question.unicodeScalars.dropFirst()))"
    let words = ["Yes", "No"]
    var example =
      switch templateVersion {
      case 0: sample.worded(prompt, then: " ", words)
      case 1: sample.worded(prompt + #"\n\n"#, words)
      default: sample.worded(prompt + "\n", words)
      }
    example.inputFree = Wording("", words)
    return example
  }
}
