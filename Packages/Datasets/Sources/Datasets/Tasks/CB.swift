import TuningCore

/// CommitmentBank of SuperGLUE: does a premise entail a hypothesis, contradict it, or neither?
///
/// References: de Marneffe et al. 2019; Wang et al. 2019 (SuperGLUE); prompts of MeZO and ZO-LLM.
public struct CB: OfficialTask {
  public static let card = TaskCard(
    name: "cb", summary: "Whether a premise entails a hypothesis, contradicts it, or neither; three classes.",
    reference: "de Marneffe et al. 2019; SuperGLUE (Wang et al. 2019)", folder: "CB",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl"]],
    templates: ["Suppose {premise} Can we infer that \"{hypothesis}\"? Yes, No, or Maybe?\n → Yes|No|Maybe"],
    defaultObjective: .classification)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    try file.jsonLines { record in
      [
        try LabelledTexts(
          record, fields: ["premise", "hypothesis"], of: ["entailment", "contradiction", "neutral"])
      ]
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    sample.worded(
      "Suppose \(sample.texts[0]) Can we infer that \"\(sample.texts[1])\"? Yes, No, or Maybe?\n",
      ["Yes", "No", "Maybe"])
  }
}
