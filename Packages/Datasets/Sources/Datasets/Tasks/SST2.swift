import TuningCore

/// SST-2 of GLUE: is a sentence of a film review negative (0) or positive (1)?
///
/// Version 1 leaves the words out: the ablation of task alignment.
///
/// Files: `train.tsv` and `dev.tsv`, columns `sentence` and `label`, in the official folder `SST-2` or its zip.
///
/// References: Socher et al. 2013; Wang et al. 2019 (GLUE); prompts of MeZO (Malladi et al. 2023) and ZO-LLM (2024).
public struct SST2: OfficialTask {
  /// The word for each label.
  public static let verbalizer = ["terrible", "great"]

  public static let card = TaskCard(
    name: "sst2", summary: "Sentiment of sentences from film reviews, two classes.",
    reference: "Socher et al. 2013; GLUE (Wang et al. 2019)", folder: "SST-2",
    files: [.training: ["train.tsv"], .validation: ["dev.tsv"]],
    templates: ["{sentence} It was → terrible|great", "{sentence} → terrible|great"],
    defaultObjective: .classification,
    cloze: .published("*cls**sent_0*_It_was*mask*.*sep+*", words: verbalizer),
    labels: [TaskLabel("0", meaning: "negative"), TaskLabel("1", meaning: "positive")])

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    try Table.rows(file, .tabs, columns: ["sentence", "label"]).map { row in
      let origin = "\(file.name), line \(row.line)"
      return LabelledTexts(
        [row.fields[0]], label: try Self.label(row.fields[1], origin: origin), origin: origin)
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    let sentence = sample.texts[0].strippingWhitespace()
    var example =
      templateVersion == 0
      ? sample.worded("\(sentence) It was", then: " ", Self.verbalizer, inputFree: " It was")
      : sample.worded("\(sentence) ", Self.verbalizer, inputFree: " ")
    example.sentences = sample.texts
    return example
  }

  private static func label(_ text: String, origin: String) throws -> Int {
    guard let label = Int(text), verbalizer.indices ~= label, text == String(label) else {
      throw DatasetError(
        .unknownLabel,
        "\(origin): label '\(text)' has no word in the verbalizer of sst2 (0 terrible, 1 great); "
          + "unlabelled files cannot be used")
    }
    return label
  }
}
