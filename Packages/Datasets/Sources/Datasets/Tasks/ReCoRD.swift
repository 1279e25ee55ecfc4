import TuningCore

/// ReCoRD of SuperGLUE: which entity of a news article fills the blank of a sentence? Several may be right.
///
/// The sentence with an entity in the blank is asked as one more of the article's highlights, in GPT-3's way. Candidates
/// and answers are the distinct names in the order of their code points, as in Hugging Face's data; the first answer is
/// trained on.
///
/// References: Zhang et al. 2018; Wang et al. 2019 (SuperGLUE); prompts of MeZO and ZO-LLM.
public struct ReCoRD: OfficialTask {
  struct Sample: Sendable {
    let passage: String
    let query: String
    let entities: [String]
    let golds: [Int]
    let origin: String
  }

  public static let card = TaskCard(
    name: "record", summary: "Which entity of an article fills the blank of a sentence; several may.",
    reference: "Zhang et al. 2018; SuperGLUE (Wang et al. 2019)", folder: "ReCoRD",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl"]],
    templates: ["{passage, its highlights as a list}\n- → {query with the entity}"], defaultObjective: .languageModel)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [Sample] {
    try file.jsonLines { record in
      let passage = try record.record("passage")
      let text = try passage.text("text")
      let entities = try Self.entities(of: passage, in: text)
      return try record.records("qas").map { question in
        let answers = try question.records("answers").map { try $0.text("text") }.distinctByCodePoints()
        let golds = answers.compactMap(entities.firstIndex)
        guard !golds.isEmpty else {
          throw DatasetError(
            .unknownLabel,
            "\(question.origin): none of the answers (\(answers.joined(separator: ", "))) is one of the passage's entities"
          )
        }
        return Sample(
          passage: text, query: try question.text("query"), entities: entities, golds: golds, origin: question.origin)
      }
    }
  }

  /// The texts at `start` ... `end`, counted in code points, `end` being the last one's.
  private static func entities(of passage: JSONRecord, in text: String) throws -> [String] {
    let scalars = Array(text.unicodeScalars)
    return try passage.records("entities").map { entity in
      let start = try entity.integer("start"), end = try entity.integer("end")
      guard start >= 0, start <= end, end < scalars.count else {
        throw DatasetError(
          .invalidField, "\(entity.origin): \(start) to \(end) is not within the passage's \(scalars.count) code points"
        )
      }
      var name = String.UnicodeScalarView()
      name.append(contentsOf: scalars[start...end])
      return String(name)
    }.distinctByCodePoints()
  }

  func word(_ sample: Sample) -> TaskExample {
    let passage = sample.passage.replacingBytes(of: "@highlight\n", with: "- ")
    let queries = sample.entities.map { sample.query.replacingBytes(of: "@placeholder", with: $0) }
    return TaskExample(
      wording: Wording("\(passage)\n-", then: " ", queries), inputFree: Wording("-", then: " ", queries),
      golds: sample.golds, origin: sample.origin)
  }
}

extension [String] {
  /// The distinct ones, sorted by their code points: Python's `sorted(set(...))`.
  fileprivate func distinctByCodePoints() -> [String] {
    var distinct: [String] = []
    // UTF-8 sorts as code points do.
    for text in sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      if distinct.last.map({ !$0.utf8.elementsEqual(text.utf8) }) ?? true { distinct.append(text) }
    }
    return distinct
  }
}
