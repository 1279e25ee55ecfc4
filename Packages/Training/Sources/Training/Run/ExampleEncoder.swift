import Datasets
import Tokenizers
import TuningCore

/// Turns a task's examples into tokens as the model's head asks for them.
enum ExampleEncoder {
  /// For a model that predicts the next token: a prompt and the candidates after it.
  case prompt(PromptEncoder)
  /// For a masked language model: a text with a blank.
  case cloze(ClozeEncoder)
  /// For a model with a classification head: the sentences alone.
  case label(LabelEncoder)

  /// - Throws: `TrainingError.invalidInput` for a task that the model cannot be asked; `DatasetError`.
  init(_ card: TaskCard, _ recipe: ResolvedRecipe, tokenizer: Tokenizer, model: any LanguageModel) throws {
    switch model.head?.prediction ?? .nextToken {
    case .nextToken:
      var length = recipe.maxLength
      if case .generated(let usual, _) = card.answerForm { length -= recipe.maximumNewTokens ?? usual }
      guard length > 1 else {
        throw TrainingError(
          .invalidInput,
          "max_length \(recipe.maxLength) leaves no room for a prompt beside the answers that \(card.name) asks for: "
            + "raise it, or lower max_new_tokens")
      }
      self = .prompt(PromptEncoder(tokenizer: tokenizer, maximumLength: length))
    case .maskedToken:
      let template = try Self.cloze(of: card, "a masked language model")
      self = .cloze(
        try ClozeEncoder(
          tokenizer: tokenizer, template: template, maximumLength: recipe.maxLength,
          tokenTypeCount: model.tokenTypeCount))
    case .label:
      let template = try Self.cloze(of: card, "a model with a classification head")
      self = .label(
        try LabelEncoder(
          tokenizer: tokenizer, rows: try Self.rows(of: card, inHeadNaming: model.head?.labels ?? []),
          maximumLength: min(recipe.maxLength, template.maximumLength), tokenTypeCount: model.tokenTypeCount))
    }
  }

  /// The head's row of each of the task's labels.
  private static func rows(of card: TaskCard, inHeadNaming names: [String]) throws -> [Int] {
    if let rows = card.labels.rows(ofHeadNaming: names) { return rows }
    func list(_ names: [String]) -> String { "\(names.count) labels (\(names.joined(separator: ", ")))" }
    let own = card.labels.map { label in label.meaning.map { "\(label.text) = \($0)" } ?? label.text }
    throw TrainingError(
      .invalidInput,
      "the model's head has \(list(names)), task \(card.name) \(list(own)): take another model, "
        + "a new head with new_head_labels: \(card.labels.count), or, where they mean the same, call them so under id2label "
        + "in the model's config.json")
  }

  /// A line for whoever asks a trained head that does not say what its labels are; nil: there is nothing to say.
  static func warning(of card: TaskCard, _ recipe: ResolvedRecipe, model: any LanguageModel) -> String? {
    guard recipe.newHeadLabels == 0, let head = model.head, head.prediction == .label,
      [TaskLabel].areNumbers(head.labels), card.labels.contains(where: { Int($0.text) == nil })
    else { return nil }
    return "the model's labels have no names (id2label): taken in the task's order, "
      + card.labels.map(\.text).joined(separator: ", ")
  }

  private static func cloze(of card: TaskCard, _ model: String) throws -> ClozeTemplate {
    guard let cloze = card.cloze else {
      throw TrainingError(
        .invalidInput,
        "task \(card.name) has no form for \(model): it has no cloze; take a model that predicts the next token, or "
          + "another task (zeroth task list)")
    }
    return cloze
  }

  var isPrompt: Bool { if case .prompt = self { true } else { false } }

  /// - Throws: `DatasetError.unscorableExample`.
  func encode(_ example: TaskExample, after demonstrations: Demonstrations = .none) throws -> EncodedExample {
    switch self {
    case .prompt(let encoder): return try encoder.encode(example, after: demonstrations)
    case .cloze(let encoder):
      let (request, dropped) = try encoder.encode(example)
      return EncodedExample(request: ScoringRequest(request), droppedTokens: dropped)
    case .label(let encoder):
      let (request, dropped) = try encoder.encode(example)
      return EncodedExample(request: ScoringRequest(request), droppedTokens: dropped)
    }
  }

  /// Where examples lose what is too much, and how much they keep.
  var cut: String {
    switch self {
    case .prompt(let encoder): "on the left to \(encoder.maximumLength) tokens"
    case .cloze(let encoder): "at the end to \(encoder.maximumLength) tokens"
    case .label(let encoder): "at the end to \(encoder.maximumLength) tokens"
    }
  }

  /// The prompt alone, which a model that predicts the next token continues; nil for others.
  func encodePrompt(_ example: TaskExample, after demonstrations: Demonstrations) -> [Int32]? {
    guard case .prompt(let encoder) = self else { return nil }
    return encoder.encodePrompt(example, after: demonstrations)
  }

  /// What calibration compares an example with.
  ///
  /// - Throws: `DatasetError.unscorableExample`; `TrainingError.invalidInput` where there is no such text.
  func encodeInputFree(_ example: TaskExample, after demonstrations: Demonstrations?) throws -> ScoringRequest {
    guard case .prompt(let encoder) = self, !example.inputFree.candidates.isEmpty else {
      throw TrainingError(
        .invalidInput, "calibration compares candidates after a prompt, and there are none: set calibration: none")
    }
    return try encoder.encodeInputFree(example, after: demonstrations).request
  }
}

/// What a candidate's score is compared with.
public enum Calibration: String, Sendable, Codable, CaseIterable {
  /// Nothing: the mean log-probability of the candidate's tokens is the score.
  case none
  /// Surface form competition: the score is the log-probability of the candidate's tokens less that without the input.
  case sfc
  /// The same, with the demonstrations before the text without the input.
  case iclSFC = "icl-sfc"
}
