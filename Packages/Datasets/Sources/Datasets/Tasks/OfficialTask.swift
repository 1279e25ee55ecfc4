import TuningCore

/// A task of a published data set, worded as a paper words it: what this package's own tasks are made of.
///
/// One has a card, reads a sample out of a file's record, and words it; templates are versions of the wording.
protocol OfficialTask: EvaluationTask {
  associatedtype Sample: Sendable

  static var card: TaskCard { get }

  init(templateVersion: Int) throws

  /// The samples of one file, in its order.
  func samples(in file: DataSource.File) throws -> [Sample]

  func word(_ sample: Sample) -> TaskExample
}

extension OfficialTask {
  public var card: TaskCard { Self.card }

  /// `templateVersion`, which is one of the card's.
  ///
  /// - Throws: `DatasetError.unknownTemplate`.
  static func checked(_ templateVersion: Int) throws -> Int {
    let templates = Self.card.templates
    guard templates.indices.contains(templateVersion) else {
      let known = templates.enumerated().map { "\($0) (\($1.replacing("\n", with: "\\n")))" }
      throw DatasetError(
        .unknownTemplate,
        "\(Self.card.name) has no template \(templateVersion); there are \(known.joined(separator: ", "))")
    }
    return templateVersion
  }

  public func examples(_ part: DatasetPart, in source: DataSource) throws -> TaskExamples {
    TaskExamples(try samples(in: card.file(part, in: source)), word: word)
  }

  /// Adds the task to a registry, its template an option.
  static func register(in registry: inout Registry<any EvaluationTask>) throws {
    try registry.register(card.component, origin: "Datasets") { try Self(templateVersion: $0.integer("template")) }
  }
}

/// Texts and the label they have: what most tasks read.
struct LabelledTexts: Sendable {
  let texts: [String]
  /// Place of the label among the task's.
  let label: Int
  let origin: String

  init(_ texts: [String], label: Int, origin: String) {
    self.texts = texts
    self.label = label
    self.origin = origin
  }

  /// `fields` of a record, and its label in the field `label`: one of `names`.
  init(_ record: JSONRecord, fields: [String], label: String = "label", of names: [String]) throws {
    try self.init(fields.map(record.text), label: record.label(label, of: names), origin: record.origin)
  }

  /// The fields of a table's row, the last being the label: one of `names`.
  ///
  /// - Throws: `DatasetError.unknownLabel`.
  init(_ row: Table.Row, of names: [String], in file: DataSource.File) throws {
    let origin = "\(file.name), line \(row.line)", name = row.fields.last ?? ""
    guard let label = names.firstIndex(of: name) else {
      throw DatasetError(
        .unknownLabel,
        "\(origin): label '\(name)' is not one of \(names.joined(separator: ", ")); unlabelled files cannot be used")
    }
    self.init(Array(row.fields.dropLast()), label: label, origin: origin)
  }

  /// Worded by a prompt that each word of `words`, one a label, answers.
  func worded(_ prompt: String, then separator: String = "", _ words: [String], inputFree: String = "") -> TaskExample {
    TaskExample(
      wording: Wording(prompt, then: separator, words), inputFree: Wording(inputFree, then: separator, words),
      golds: [label], origin: origin)
  }
}

extension Wording {
  /// Each of `answers` after the prompt and what separates them.
  init(_ prompt: String, then separator: String = "", _ answers: [String]) {
    self.init(prompt: prompt, candidates: answers.map { prompt + separator + $0 })
  }
}
