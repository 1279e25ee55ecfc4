import Configurations
import Foundation
import TuningCore

/// What a custom task's file says, checked.
struct CustomTaskDefinition: Sendable {
  var name = ""
  var summary = ""
  var files: [DatasetPart: String] = [:]
  /// Names of the columns of tables that do not name them; empty: the first line does.
  var columns: [String] = []
  var templates: [TextTemplate] = []
  /// What stands between prompt and answer.
  var separator = " "
  /// The prompt without an example; nil: the template without its fields.
  var inputFree: String?
  var label = "label"
  var answers = CustomTask.Answers.words([])
  var sentences: [String] = []
  var cloze: ClozeTemplate?
  var metric: TaskMetric?
  var objective: Objective?
  var maximumTokens = 50
  var stop = "\n"

  init(contentsOf file: URL) throws {
    let document = try ConfigurationDocument(contentsOf: file, kind: "task")
    try self.init(document, fileName: file.lastPathComponent)
  }

  init(yaml: String, fileName: String) throws {
    try self.init(ConfigurationDocument(text: yaml, name: fileName), fileName: fileName)
  }

  private init(_ document: ConfigurationDocument, fileName: String) throws {
    var reader = CustomTaskReader(
      fileName: fileName, entries: try document.entries(form: "a task is a mapping, one 'key: value' a line"),
      problems: document.problems)
    reader.read(into: &self)
    guard reader.problems.isEmpty else {
      throw ConfigurationError(code: .invalidConfiguration, problems: reader.problems)
    }
  }

  var card: TaskCard {
    let form: AnswerForm, words: String
    var labels: [TaskLabel] = []
    switch answers {
    case .words(let pairs):
      (form, words) = (.candidates, pairs.map(\.word).joined(separator: "|"))
      labels = pairs.map { TaskLabel($0.value, meaning: $0.word) }
    case .fields(let fields, _, _):
      (form, words) = (.candidates, fields.map { "{\($0)}" }.joined(separator: "|"))
    case .written(let field):
      (form, words) = (.generated(maximumTokens: maximumTokens, stop: stop), "{\(field)}")
    }
    let isWritten = form != .candidates
    return TaskCard(
      name: name, summary: summary, reference: "", folder: name, files: files.mapValues { [$0] },
      templates: templates.map { "\($0.text) → \(words)" }, answerForm: form,
      metric: metric ?? (isWritten ? .f1 : .accuracy),
      defaultObjective: objective ?? (labels.isEmpty ? .languageModel : .classification), cloze: cloze,
      labels: labels)
  }
}
