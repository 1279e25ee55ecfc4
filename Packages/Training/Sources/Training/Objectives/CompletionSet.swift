import Datasets
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

  /// nil for a task whose candidates are ranked, and for a model that writes nothing.
  ///
  /// - Parameter shown: what stands before the examples of dev and of test.
  init?(
    _ data: TaskData, shown: [[Demonstrations]], form: AnswerForm, recipe: ResolvedRecipe, encoder: ExampleEncoder
  ) {
    guard case .generated(let usual, let stop) = form, encoder.isPrompt else { return nil }
    func questions(_ examples: [TaskExample], _ shown: [Demonstrations]) -> [Question] {
      zip(examples, shown).map { example, demonstrations in
        Question(
          tokens: encoder.encodePrompt(example, after: demonstrations) ?? [], prompt: example.wording.prompt,
          references: example.references)
      }
    }
    train = questions(data.train, data.train.map { _ in .none })
    dev = questions(data.dev, shown[0])
    test = questions(data.evaluation, shown[1])
    maximumTokens = recipe.maximumNewTokens ?? usual
    self.stop = stop
  }

  /// Tokens of the longest prompt with its answer.
  var longest: Int { ([train, dev, test].joined().map(\.tokens.count).max() ?? 0) + maximumTokens }

  /// The longest prompts to train on.
  func longestPrompts(_ count: Int) -> [[Int32]] {
    Array(train.map(\.tokens).sorted { $0.count > $1.count }.prefix(count))
  }
}
