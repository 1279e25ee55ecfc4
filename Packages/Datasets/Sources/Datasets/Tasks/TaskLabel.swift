/// A label of a task's examples.
public struct TaskLabel: Sendable, Hashable {
  /// As data files write it: `0`, `entailment`.
  public let text: String
  /// What it means, where the text is a number: `negative`.
  public let meaning: String?

  public init(_ text: String, meaning: String? = nil) {
    self.text = text
    self.meaning = meaning
  }

  /// Whether a model's `name` for a label may stand for this one: letters and digits alone count, in any case.
  func isNamed(_ name: String) -> Bool {
    [text, meaning].contains { $0.map(Self.bare) == Self.bare(name) }
  }

  private static func bare(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
}

extension [TaskLabel] {
  /// The labels that data files write, in the task's order, without meanings.
  init(_ texts: [String]) { self = texts.map { TaskLabel($0) } }

  /// Which row of a classification head stands for each label, by the names that the model gives its rows
  /// (`id2label`); rows that are only numbered (LABEL_0, LABEL_1...) stand in the task's order.
  ///
  /// - Returns: nil where the names are not the labels'.
  public func rows(ofHeadNaming names: [String]) -> [Int]? {
    guard names.count == count else { return nil }
    if Self.areNumbers(names) { return Array<Int>(indices) }
    let rows = compactMap { label in names.firstIndex(where: label.isNamed) }
    return Set(rows).count == count ? rows : nil
  }

  /// Whether names say no more than which row they are of: LABEL_0, LABEL_1..., as `transformers` writes them by default.
  public static func areNumbers(_ names: [String]) -> Bool {
    names.enumerated().allSatisfy { $1 == "LABEL_\($0)" }
  }
}
