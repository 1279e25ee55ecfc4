import TuningCore

/// A task of one or two sentences and a label, asked of a masked language model: LM-BFF's, which MeZO's medium models are
/// measured by. `sst2` and `rte` are of them too.
///
/// A model that predicts the next token is asked by the same template: the text before the blank is the prompt, and each
/// word, with what follows the blank, an answer.
///
/// References: Gao et al. 2021 (LM-BFF); MeZO (Malladi et al. 2023).
public struct SentenceTask: EvaluationTask {
  /// How the files are written.
  enum Format: Sendable {
    /// Tab-separated with a header: columns of the sentences, column of the label.
    case table([String], label: String)
    /// The same, the label in each line's last column: lines have more of them than the header names.
    case tableWithLabelLast([String])
    /// Tab-separated without a header: number of columns, places of sentence and label.
    case headless(columns: Int, sentence: Int, label: Int)
    /// Comma-separated without a header, quoted as needed: label, sentence.
    case labelFirst
  }

  public let card: TaskCard
  public var templateVersion: Int { 0 }
  /// The labels as files write them.
  let labels: [String]
  let format: Format

  init(
    _ name: String, _ summary: String, reference: String, folder: String,
    validation: String? = nil, format: Format, labels: [String], meanings: [String]? = nil, words: [String],
    template: String,
    maximumLength: Int = 128, firstSentenceLimit: Int? = nil
  ) {
    let isCSV = if case .labelFirst = format { true } else { false }
    let validation = validation ?? (isCSV ? "test.csv" : "dev.tsv")
    card = TaskCard(
      name: name, summary: summary, reference: reference, folder: folder,
      files: [.training: [isCSV ? "train.csv" : "train.tsv"], .validation: [validation]],
      templates: [
        "\(template.replacing("**", with: " ").replacing("*", with: " ").replacing("_", with: " ")) "
          + "→ \(words.joined(separator: "|"))"
      ], defaultObjective: .classification,
      cloze: .published(
        template, words: words, maximumLength: maximumLength, firstSentenceLimit: firstSentenceLimit),
      labels: labels.enumerated().map { TaskLabel($1, meaning: meanings?[$0]) })
    self.labels = labels
    self.format = format
  }

  public func examples(_ part: DatasetPart, in source: DataSource) throws -> TaskExamples {
    let file = try card.file(part, in: source)
    let samples = try rows(of: file).map { try LabelledTexts($0, of: labels, in: file) }
    return TaskExamples(samples) { [card] in card.clozeExample($0) }
  }

  /// The sentences and then the label of every line.
  private func rows(of file: DataSource.File) throws -> [Table.Row] {
    switch format {
    case .table(let sentences, let label): try Table.rows(file, .tabs, columns: sentences + [label])
    case .tableWithLabelLast(let sentences): try Table.rows(file, .tabs, columns: sentences, thenLast: true)
    case .headless(let columns, let sentence, let label):
      try Table(headless: file, .tabs, columns: columns).rows.map {
        .init(line: $0.line, fields: [$0.fields[sentence], $0.fields[label]])
      }
    case .labelFirst:
      try Table(headless: file, .commas, columns: 2).rows.map {
        .init(line: $0.line, fields: [$0.fields[1], $0.fields[0]])
      }
    }
  }
}

extension TaskCard {
  /// An example that the card's cloze asks, worded by it for models of the next token too.
  func clozeExample(_ sample: LabelledTexts) -> TaskExample {
    guard let cloze else { preconditionFailure("TaskCard: \(name) has no cloze") }
    let wording = cloze.wording(of: sample.texts)
    return TaskExample(
      wording: wording, inputFree: cloze.wording(of: sample.texts.map { _ in "" }), golds: [sample.label],
      sentences: sample.texts, origin: sample.origin)
  }
}

extension SentenceTask {
  /// LM-BFF's tasks but `sst2` and `rte`.
  static let all: [SentenceTask] = {
    let itWas = "*cls**sent_0*_It_was*mask*.*sep+*", thisIs = "*cls**sent_0*_This_is*mask*.*sep+*"
    let question = "*cls**sent-_0*?*mask*,*+sentl_1**sep+*", pair = "*cls**sent_0**mask*,*+sentl_1**sep+*"
    let opinions = ["terrible", "great"], sentiments = ["negative", "positive"], answers = ["No", "Yes", "Maybe"]
    let inference = ["contradiction", "entailment", "neutral"], glue = "GLUE (Wang et al. 2019)"
    return [
      SentenceTask(
        "sst5", "Sentiment of sentences from film reviews, five classes.", reference: "Socher et al. 2013",
        folder: "sst-5", format: .labelFirst, labels: ["0", "1", "2", "3", "4"],
        meanings: ["very negative", "negative", "neutral", "positive", "very positive"],
        words: ["terrible", "bad", "okay", "good", "great"], template: itWas, firstSentenceLimit: 110),
      SentenceTask(
        "mr", "Sentiment of film reviews' snippets, two classes.", reference: "Pang & Lee 2005", folder: "mr",
        format: .labelFirst, labels: ["0", "1"], meanings: sentiments, words: opinions, template: itWas,
        firstSentenceLimit: 110),
      SentenceTask(
        "cr", "Sentiment of customers' reviews, two classes.", reference: "Hu & Liu 2004", folder: "cr",
        format: .labelFirst, labels: ["0", "1"], meanings: sentiments, words: opinions, template: itWas,
        firstSentenceLimit: 110),
      SentenceTask(
        "mpqa", "Polarity of opinions' phrases, two classes.", reference: "Wiebe et al. 2005", folder: "mpqa",
        format: .labelFirst, labels: ["0", "1"], meanings: sentiments, words: opinions, template: itWas,
        firstSentenceLimit: 110),
      SentenceTask(
        "subj", "Whether a sentence is subjective or objective.", reference: "Pang & Lee 2004", folder: "subj",
        format: .labelFirst, labels: ["0", "1"], meanings: ["subjective", "objective"],
        words: ["subjective", "objective"], template: thisIs, firstSentenceLimit: 110),
      SentenceTask(
        "trec", "What kind of answer a question asks for, six classes.", reference: "Voorhees & Tice 2000",
        folder: "trec", format: .labelFirst, labels: ["0", "1", "2", "3", "4", "5"],
        words: ["Description", "Entity", "Expression", "Human", "Location", "Number"],
        template: "*cls**mask*:*+sent_0**sep+*", firstSentenceLimit: 110),
      SentenceTask(
        "cola", "Whether a sentence is grammatical.", reference: "Warstadt et al. 2019; \(glue)", folder: "CoLA",
        format: .headless(columns: 4, sentence: 3, label: 1), labels: ["0", "1"],
        meanings: ["unacceptable", "acceptable"], words: ["incorrect", "correct"], template: thisIs),
      SentenceTask(
        "mnli", "Whether a premise entails a hypothesis, contradicts it, or neither; matched genres.",
        reference: "Williams et al. 2018; \(glue)", folder: "MNLI", validation: "dev_matched.tsv",
        format: .table(["sentence1", "sentence2"], label: "gold_label"), labels: inference, words: answers,
        template: question, maximumLength: 256, firstSentenceLimit: 240),
      SentenceTask(
        "snli", "Whether a caption entails a sentence, contradicts it, or neither.", reference: "Bowman et al. 2015",
        folder: "SNLI", format: .tableWithLabelLast(["sentence1", "sentence2"]), labels: inference, words: answers,
        template: question, maximumLength: 256),
      SentenceTask(
        "qnli", "Whether a sentence answers a question.", reference: "Rajpurkar et al. 2016; \(glue)", folder: "QNLI",
        format: .table(["question", "sentence"], label: "label"), labels: ["entailment", "not_entailment"],
        words: ["Yes", "No"], template: question),
      SentenceTask(
        "qqp", "Whether two questions ask the same.", reference: "Iyer et al. 2017; \(glue)", folder: "QQP",
        format: .table(["question1", "question2"], label: "is_duplicate"), labels: ["0", "1"],
        meanings: ["not_duplicate", "duplicate"], words: ["No", "Yes"], template: pair),
      SentenceTask(
        "mrpc", "Whether two sentences say the same.", reference: "Dolan & Brockett 2005; \(glue)", folder: "MRPC",
        format: .table(["#1 String", "#2 String"], label: "Quality"), labels: ["0", "1"],
        meanings: ["not_equivalent", "equivalent"], words: ["No", "Yes"], template: pair),
    ]
  }()
}
