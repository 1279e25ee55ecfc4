/// Families of BERT's form, by their `model_type`: they differ in names, in positions and in their heads.
public enum BertVariant: String, Sendable, CaseIterable {
  /// Devlin et al. 2018.
  case bert
  /// Liu et al. 2019.
  case roberta
  /// RoBERTa under another name. (Conneau et al. 2019)
  case xlmRoberta = "xlm-roberta"
  /// RoBERTa under another name. (Martin et al. 2019)
  case camembert

  /// What stands before the encoder's names.
  var prefix: String { self == .bert ? "bert" : "roberta" }

  /// What follows hidden states, by the name of the model's class in `transformers`.
  enum Ending: String {
    case base = "Model"
    case maskedLM = "ForMaskedLM"
    /// Masked tokens, and whether one sentence follows the other: the latter is left out.
    case preTraining = "ForPreTraining"
    case classification = "ForSequenceClassification"
  }

  private var className: String {
    switch self {
    case .bert: "Bert"
    case .roberta: "Roberta"
    case .xlmRoberta: "XLMRoberta"
    case .camembert: "Camembert"
    }
  }

  func architecture(_ ending: Ending) -> String { className + ending.rawValue }

  /// The classes of `transformers` that are read.
  var architectures: [(name: String, ending: Ending)] {
    let endings: [Ending] = [.base, .maskedLM] + (self == .bert ? [.preTraining] : []) + [.classification]
    return endings.map { (architecture($0), $0) }
  }
}
