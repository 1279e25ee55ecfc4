import TuningCore

/// COPA of SuperGLUE: which of two sentences is the cause or the effect of a premise?
///
/// The premise loses white space at its end and then one full stop; a candidate's first word is written small unless it
/// is "I". The words "so" and "because" are the template: version 1 leaves them out.
///
/// References: Roemmele et al. 2011; Wang et al. 2019 (SuperGLUE); prompts of MeZO and ZO-LLM.
public struct COPA: OfficialTask {
  struct Sample: Sendable {
    let premise: String
    let asksEffect: Bool
    let choices: [String]
    let label: Int
    let origin: String
  }

  public static let card = TaskCard(
    name: "copa", summary: "Which of two sentences is the cause, or the effect, of a premise.",
    reference: "Roemmele et al. 2011; SuperGLUE (Wang et al. 2019)", folder: "COPA",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl"]],
    templates: ["{premise} so|because → {choice}", "{premise} → {choice}"], defaultObjective: .languageModel)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [Sample] {
    try file.jsonLines { record in
      [
        Sample(
          premise: try record.text("premise"),
          asksEffect: try record.label("question", of: ["cause", "effect"]) == 1,
          choices: [try record.text("choice1"), try record.text("choice2")],
          label: try record.label("label", of: ["choice1", "choice2"]), origin: record.origin)
      ]
    }
  }

  func word(_ sample: Sample) -> TaskExample {
    var premise = sample.premise.strippingTrailingWhitespace()
    if premise.unicodeScalars.last == "." { premise.unicodeScalars.removeLast() }
    let conjunction = templateVersion == 1 ? "" : sample.asksEffect ? "so" : "because"
    let choices = sample.choices.map(Self.startedSmall)
    return TaskExample(
      wording: Wording(premise + (conjunction.isEmpty ? " " : " \(conjunction) "), choices),
      inputFree: Wording(conjunction, then: " ", choices), golds: [sample.label], origin: sample.origin)
  }

  /// The first word, up to a space, in small letters, unless it is "I".
  private static func startedSmall(_ choice: String) -> String {
    let scalars = choice.unicodeScalars
    let end = scalars.firstIndex(of: " ") ?? scalars.endIndex
    let word = String(scalars[..<end])
    return word == "I" ? choice : word.lowercased() + String(scalars[end...])
  }
}
