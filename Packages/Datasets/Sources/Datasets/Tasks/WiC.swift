import TuningCore

/// WiC of SuperGLUE: has a word the same meaning in two sentences?
///
/// References: Pilehvar & Camacho-Collados 2019; Wang et al. 2019 (SuperGLUE); prompts of MeZO and ZO-LLM.
public struct WiC: OfficialTask {
  public static let card = TaskCard(
    name: "wic", summary: "Whether a word has the same meaning in two sentences.",
    reference: "Pilehvar & Camacho-Collados 2019; SuperGLUE (Wang et al. 2019)", folder: "WiC",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl"]],
    templates: [
      "Does the word \"{word}\" have the same meaning in these two sentences? Yes, No?\n{sentence1}\n{sentence2}\n"
        + " → No|Yes"
    ], defaultObjective: .classification)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    try file.jsonLines { record in
      [try LabelledTexts(record, fields: ["word", "sentence1", "sentence2"], of: ["false", "true"])]
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    let (word, first, second) = (sample.texts[0], sample.texts[1], sample.texts[2])
    return sample.worded(
      "Does the word \"\(word)\" have the same meaning in these two sentences? Yes, No?\n\(first)\n\(second)\n",
      ["No", "Yes"])
  }
}
