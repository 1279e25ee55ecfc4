/// A question about a text and its answers: what SQuAD and DROP read.
struct OpenQuestion: Sendable {
  let title: String
  let context: String
  let question: String
  /// All that count as right; never empty.
  let answers: [String]
  let origin: String

  /// Worded by a prompt; what is trained on is the first answer and a line break.
  func worded(_ prompt: String) -> TaskExample {
    TaskExample(
      wording: Wording(prompt, then: " ", [(answers.first ?? "") + "\n"]), inputFree: Wording("", []), golds: [0],
      references: answers, origin: origin)
  }

  /// What a written answer may be: 50 tokens, one line.
  static let answerForm = AnswerForm.generated(maximumTokens: 50, stop: "\n")
}
