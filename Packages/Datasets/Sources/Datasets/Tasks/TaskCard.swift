import TuningCore

/// What is known of a task before any file is read.
public struct TaskCard: Sendable {
  /// As recipes name it: `sst2`.
  public let name: String
  /// One sentence.
  public let summary: String
  /// The papers that define the data.
  public let reference: String
  /// The data set's official folder.
  public let folder: String
  /// Names of each part's file; of several the first that is there.
  public let files: [DatasetPart: [String]]
  /// What each template makes of an example, in words: prompt → answers. Their places are the templates' versions.
  public let templates: [String]
  public let answerForm: AnswerForm
  public let metric: TaskMetric
  /// What it is usually trained on.
  public let defaultObjective: Objective
  /// How a masked language model is asked; nil where there is no form for it.
  public let cloze: ClozeTemplate?
  /// One for each word of the cloze, in its order: what a classification head tells apart.
  public let labels: [TaskLabel]

  public init(
    name: String, summary: String, reference: String, folder: String, files: [DatasetPart: [String]],
    templates: [String], answerForm: AnswerForm = .candidates, metric: TaskMetric = .accuracy,
    defaultObjective: Objective, cloze: ClozeTemplate? = nil, labels: [TaskLabel] = []
  ) {
    self.name = name
    self.summary = summary
    self.reference = reference
    self.folder = folder
    self.files = files
    self.templates = templates
    self.answerForm = answerForm
    self.metric = metric
    self.defaultObjective = defaultObjective
    self.cloze = cloze
    self.labels = labels
  }

  /// The file of `part`.
  ///
  /// - Throws: `DatasetError.missingFile` or `.ambiguousFile`; `BundleError`.
  func file(_ part: DatasetPart, in source: DataSource) throws -> DataSource.File {
    try source.file(oneOf: files[part] ?? [], in: folder)
  }
}

extension TaskCard {
  /// What a registry tells of the task.
  var component: ComponentDescription {
    let versions = templates.enumerated().map { "\($0): \($1.replacing("\n", with: "\\n"))" }.joined(separator: "; ")
    let cost =
      switch answerForm {
      case .candidates: "the candidates of one prompt an example"
      case .generated(let tokens, _): "up to \(tokens) tokens written an example"
      }
    return ComponentDescription(
      name: name, summary: summary, reference: reference, cost: cost,
      options: [
        OptionSpecification(
          "template", .integer(atLeast: 0, atMost: max(0, templates.count - 1)), default: .integer(0), help: versions)
      ])
  }
}
