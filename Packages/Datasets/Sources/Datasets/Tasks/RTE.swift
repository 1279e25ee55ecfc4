import TuningCore

/// RTE of SuperGLUE and GLUE: does a premise entail a hypothesis (candidate 0) or not?
///
/// Version 1 leaves the question out: the ablation of task alignment.
///
/// References: Dagan et al. 2005 and the challenges after it; Wang et al. 2019; prompts of MeZO and ZO-LLM.
public struct RTE: OfficialTask {
  public static let card = TaskCard(
    name: "rte", summary: "Whether a premise entails a hypothesis.",
    reference: "Dagan et al. 2005; SuperGLUE (Wang et al. 2019)", folder: "RTE",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl"]],
    templates: [
      "{premise}\nDoes this mean that \"{hypothesis}\" is true? Yes or No?\n → Yes|No",
      "{premise}\n\"{hypothesis}\"\n → Yes|No",
    ], defaultObjective: .classification)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    try file.jsonLines { record in
      [try LabelledTexts(record, fields: ["premise", "hypothesis"], of: ["entailment", "not_entailment"])]
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    let (premise, hypothesis) = (sample.texts[0], sample.texts[1])
    return sample.worded(
      templateVersion == 0
        ? "\(premise)\nDoes this mean that \"\(hypothesis)\" is true? Yes or No?\n" : "\(premise)\n\"\(hypothesis)\"\n",
      ["Yes", "No"])
  }
}
