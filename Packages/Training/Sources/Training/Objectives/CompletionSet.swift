import Datasets
import Foundation
import Tokenizers
import TuningCore

/// A run's examples as prompts that a model continues in its own words.
public struct CompletionSet: Sendable {
  /// A prompt and the answers that count as right.
  public struct Question: Sendable, Equatable {
    public var tokens: [Int32]
    public var prompt: String
    public var references: [String]
  }

  public let train: [Question]
  public let dev: [Question]
  public let test: [Question]
  /// Greatest number of tokens of an answer.
  public let maximumTokens: Int
  /// Text that ends an answer.
  public let stop: String

  /// The examples of a part.
  public subscript(part: ExamplePart) -> [Question] {
    switch part {
    case .train: train
    case .dev: dev
    case .test: test
    }
  }

  /// nil for a task whose candidates are ranked.
  ///
  /// - Throws: `TrainingError.invalidInput` where `max_length` leaves no room for a prompt.
  init?(_ data: TaskData, form: AnswerForm, recipe: ResolvedRecipe, tokenizer: Tokenizer) throws {
    guard case .generated(let usual, let stop) = form else { return nil }
    let maximumTokens = recipe.maximumNewTokens ?? usual, room = recipe.maxLength - maximumTokens
    guard room > 1 else {
      throw TrainingError(
        .invalidInput,
        "max_length \(recipe.maxLength) leaves no room for a prompt beside an answer of \(maximumTokens) tokens: raise "
          + "it, or lower max_new_tokens")
    }
    func questions(_ examples: [TaskExample]) -> [Question] {
      examples.map { example in
        let prompt = example.wording.prompt.trimmingCharacters(in: .whitespacesAndNewlines)
        let tokens = tokenizer.encode(prompt)
        let opening = tokenizer.addsBeginningOfSequence ? 1 : 0
        return Question(
          tokens: tokens.count > room ? tokens.prefix(opening) + tokens.suffix(room - opening) : tokens,
          prompt: prompt, references: example.references)
      }
    }
    train = questions(data.train)
    dev = questions(data.dev)
    test = questions(data.evaluation)
    self.maximumTokens = maximumTokens
    self.stop = stop
  }

  /// Tokens of the longest prompt with its answer.
  var longest: Int { ([train, dev, test].joined().map(\.tokens.count).max() ?? 0) + maximumTokens }

  /// The longest prompts to train on.
  func longestPrompts(_ count: Int) -> [[Int32]] {
    Array(train.map(\.tokens).sorted { $0.count > $1.count }.prefix(count))
  }
}
