import TuningCore

/// RTE of SuperGLUE and GLUE: does a premise entail a hypothesis (candidate 0) or not?
///
/// Files: SuperGLUE's `train.jsonl` and `val.jsonl`, or GLUE's `train.tsv` and `dev.tsv`, which hold the same examples.
///
/// Version 1 leaves the question out: the ablation of task alignment.
///
/// References: Dagan et al. 2005 and the challenges after it; Wang et al. 2019; prompts of MeZO and ZO-LLM.
public struct RTE: OfficialTask {
  public static let card = TaskCard(
    name: "rte", summary: "Whether a premise entails a hypothesis.",
    reference: "Dagan et al. 2005; SuperGLUE (Wang et al. 2019)", folder: "RTE",
    files: [.training: ["train.jsonl", "train.tsv"], .validation: ["val.jsonl", "dev.tsv"]],
    templates: [
      "{premise}\nDoes this mean that \"{hypothesis}\" is true? Yes or No?\n → Yes|No",
      "{premise}\n\"{hypothesis}\"\n → Yes|No",
    ], defaultObjective: .classification,
    cloze: .published(
      "*cls**sent-_0*?*mask*,*+sentl_1**sep+*", words: ["Yes", "No"], maximumLength: 256, firstSentenceLimit: 240),
    labels: [TaskLabel](labels))

  private static let labels = ["entailment", "not_entailment"]

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    guard file.name.hasSuffix(".tsv") else {
      return try file.jsonLines { record in
        [try LabelledTexts(record, fields: ["premise", "hypothesis"], of: Self.labels)]
      }
    }
    return try Table.rows(file, .tabs, columns: ["sentence1", "sentence2", "label"]).map { row in
      try LabelledTexts(row, of: Self.labels, in: file)
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    let (premise, hypothesis) = (sample.texts[0], sample.texts[1])
    var example = sample.worded(
      templateVersion == 0
        ? "\(premise)\nDoes this mean that \"\(hypothesis)\" is true? Yes or No?\n" : "\(premise)\n\"\(hypothesis)\"\n",
      ["Yes", "No"])
    example.sentences = sample.texts
    return example
  }
}
