import TuningCore

/// The Winograd schema challenge as SuperGLUE has it: does a pronoun refer to a name?
///
/// Spans are mended as Hugging Face's `wsc.fixed` mends them, which MeZO reads: one that does not occur in the text takes
/// the case of the word at its place, and loses full stops at its end and line breaks.
///
/// References: Levesque et al. 2012; Wang et al. 2019 (SuperGLUE); prompts of MeZO and ZO-LLM.
public struct WSC: OfficialTask {
  public static let card = TaskCard(
    name: "wsc", summary: "Whether a pronoun refers to a name.",
    reference: "Levesque et al. 2012; SuperGLUE (Wang et al. 2019)", folder: "WSC",
    files: [.training: ["train.jsonl"], .validation: ["val.jsonl"]],
    templates: [
      "{text}\nIn the previous sentence, does the pronoun \"{span2}\" refer to {span1}? Yes or No?\n → No|Yes"
    ], defaultObjective: .classification)

  public let templateVersion: Int

  /// - Throws: `DatasetError.unknownTemplate`.
  public init(templateVersion: Int = 0) throws { self.templateVersion = try Self.checked(templateVersion) }

  func samples(in file: DataSource.File) throws -> [LabelledTexts] {
    try file.jsonLines { record in
      let target = try record.record("target"), text = try record.text("text")
      let spans = try ["span1", "span2"].map { try Self.mended(target, $0, in: text) }
      return [
        LabelledTexts([text] + spans, label: try record.label("label", of: ["false", "true"]), origin: record.origin)
      ]
    }
  }

  func word(_ sample: LabelledTexts) -> TaskExample {
    let (text, name, pronoun) = (sample.texts[0], sample.texts[1], sample.texts[2].lowercased())
    return sample.worded(
      "\(text)\nIn the previous sentence, does the pronoun \"\(pronoun)\" refer to \(name)? Yes or No?\n",
      ["No", "Yes"])
  }

  private static func mended(_ target: JSONRecord, _ span: String, in text: String) throws -> String {
    let words = try target.text(span + "_text")
    // Other words stand between these; the fix leaves them.
    let split = ["Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"]
    guard !text.containsBytes(of: words), !split.contains(words), let first = words.unicodeScalars.first else {
      return words
    }
    let place = try target.integer(span + "_index"), all = text.splitAtWhitespace()
    guard all.indices.contains(place), let there = all[place].unicodeScalars.first else {
      throw DatasetError(
        .invalidField, "\(target.origin): '\(span)_index' is \(place), and the text has \(all.count) words")
    }
    // Python's islower: of cased letters only, and all of them.
    let cased =
      there.properties.isLowercase ? first.properties.lowercaseMapping : first.properties.uppercaseMapping
    var rest = words.unicodeScalars.dropFirst()
    while rest.last == "." { rest.removeLast() }
    return (cased + String(rest)).replacingBytes(of: "\n", with: " ")
  }
}
