import TuningCore

/// SST-2 of GLUE: is a sentence of a film review negative (0) or positive (1)?
///
///     version 0    {sentence} It was        →  terrible / great
///     version 1    {sentence}               →  terrible / great       (no template: the ablation of task alignment)
///
/// Files: `train.tsv` and `dev.tsv`, columns `sentence` and `label`, in the official folder `SST-2` or its zip.
///
/// References: Socher et al. 2013; Wang et al. 2019 (GLUE); prompts of MeZO (Malladi et al. 2023) and ZO-LLM (2024).
public struct SST2: EvaluationTask {
  public static let templateVersions = 0...1
  /// The word for each label.
  public static let verbalizer = ["terrible", "great"]

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws {
    guard Self.templateVersions ~= templateVersion else {
      throw DatasetError(
        .unknownTemplate, "sst2 has no template \(templateVersion); there are 0 (\"It was great\") and 1 (no template)")
    }
    self.templateVersion = templateVersion
  }

  public var name: String { "sst2" }
  public var defaultObjective: Objective { .classification }

  public func examples(_ part: DatasetPart, in source: DataSource) throws -> [TaskExample] {
    let file = try source.file(part == .training ? "train.tsv" : "dev.tsv", in: "SST-2")
    return try TabSeparatedTable(file, columns: ["sentence", "label"]).rows.map { row in
      let origin = "\(file.name), line \(row.line)"
      return TaskExample(
        wording: wording(of: row.fields[0].strippingWhitespace()), inputFree: wording(of: ""),
        gold: try gold(of: row.fields[1], origin: origin), origin: origin)
    }
  }

  /// `sentence` is already stripped of white space at both ends.
  func wording(of sentence: String) -> Wording {
    let prompt = templateVersion == 0 ? "\(sentence) It was" : "\(sentence) "
    let separator = templateVersion == 0 ? " " : ""
    return Wording(prompt: prompt, candidates: Self.verbalizer.map { prompt + separator + $0 })
  }

  private func gold(of label: String, origin: String) throws -> Int {
    guard let gold = Int(label), Self.verbalizer.indices ~= gold, label == String(gold) else {
      throw DatasetError(
        .unknownLabel,
        "\(origin): label '\(label)' has no word in the verbalizer of sst2 (0 terrible, 1 great); "
          + "unlabelled files cannot be used")
    }
    return gold
  }
}
