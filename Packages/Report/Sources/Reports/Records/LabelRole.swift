import Foundation

/// What a label of a run is to a comparison of runs.
enum LabelRole: Equatable {
  /// Changes no result.
  case place
  /// Runs that differ in it alone are measurements of one thing.
  case replicate
  /// What is compared: the method and its parts.
  case method
  /// A knob of the method: of several values the best one on dev stands for the method.
  case setting
  /// Only runs that agree in it are compared. Whatever is not known is one: nothing is mixed by mistake.
  case condition

  init(_ key: String) {
    switch key {
    case "output", "plugins", "threads", "checkpoint_every": self = .place
    case "seed", "data_seed": self = .replicate
    case "method", "variant", "optimizer", "scheme", "partition", "masking", "second_optimizer",
      "gradient_checkpointing":
      self = .method
    case "learning_rate", "second_learning_rate", "schedule", "warmup_steps", "steps", "batch_size",
      "gradient_accumulation", "rounding", "evaluate_every":
      self = .setting
    // Options of components.
    case _ where key.contains("."): self = .setting
    default: self = .condition
    }
  }
}

/// The order in which values of a label are shown: numbers by size, known methods as the papers list them.
enum LabelOrder {
  private static let known = [
    "none", "fo-sgd", "fo-adam", "fo-adamw", "forward-grad", "zo-sgd", "zo-sgd-mmt", "zo-sgd-cons", "zo-sgd-sign",
    "zo-adam", "full", "lora", "prefix", "prompt",
  ]

  static func isBefore(_ a: String, _ b: String) -> Bool {
    if let x = Double(a), let y = Double(b), x != y { return x < y }
    let (x, y) = (rank(a), rank(b))
    return x != y ? x < y : a < b
  }

  /// By the first word: `zo-sgd + blockwise` is of zo-sgd.
  private static func rank(_ text: String) -> Int {
    let word = text.split(separator: " ").first.map(String.init) ?? ""
    return known.firstIndex(of: word) ?? known.count
  }

  /// Lists of values of the same keys.
  static func isBefore(_ a: [String], _ b: [String]) -> Bool {
    for (x, y) in zip(a, b) where x != y { return isBefore(x, y) }
    return false
  }
}
