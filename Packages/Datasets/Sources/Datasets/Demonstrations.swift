/// Examples with their answers, shown to a model before it is asked: in-context learning.
///
/// Each is its text with the answer that is trained on, without white space at either end; empty lines stand between them
/// and before what follows.
///
/// References: Brown et al. 2020; MeZO (Malladi et al. 2023).
public struct Demonstrations: Sendable, Hashable {
  public static let none = Demonstrations([])

  private let text: String

  public init(_ examples: [TaskExample]) {
    text = examples.compactMap { example -> String? in
      guard let gold = example.golds.first, example.wording.candidates.indices.contains(gold) else { return nil }
      return example.wording.candidates[gold].strippingWhitespace()
    }.joined(separator: "\n\n").strippingWhitespace()
  }

  func followed(by text: String) -> String {
    "\(self.text)\n\n\(text)".strippingLeadingWhitespace().strippingSpaces()
  }
}

/// Which examples are shown.
public struct DemonstrationChoice: Sendable, Hashable {
  /// How many.
  public var count: Int
  /// Whether each example that is asked has its own; else all have the same.
  public var isPerExample: Bool

  public init(count: Int, isPerExample: Bool = false) {
    precondition(count >= 0, "DemonstrationChoice: \(count)")
    self.count = count
    self.isPerExample = isPerExample
  }
}

extension TaskData {
  /// What is shown before each example of `part`, chosen as MeZO chooses:
  ///
  ///     the same for all    the first `count` examples of train
  ///     one for each        permutation(n_train, seed i)[: count] for example i, the seeds being numbers below 10,000
  ///                         drawn by NumPy's legacy generator with seed 0; an example is never shown before itself
  ///
  /// - Throws: `DatasetError.emptyDataset` where there are fewer examples.
  public func demonstrations(_ choice: DemonstrationChoice, for part: Part) throws -> [Demonstrations] {
    let asked = part == .dev ? dev.count : evaluation.count
    guard choice.count > 0 else { return Array(repeating: .none, count: asked) }
    let there = choice.isPerExample ? training.count - (part == .dev ? 1 : 0) : train.count
    guard there >= choice.count else {
      throw DatasetError(
        .emptyDataset, "\(choice.count) demonstrations are asked for, and there are \(there) examples to show")
    }
    guard choice.isPerExample else {
      return Array(repeating: Demonstrations(Array(train.prefix(choice.count))), count: asked)
    }
    var seeds = NumPyLegacyGenerator(seed: 0)
    return (0..<asked).map { place in
      var generator = NumPyLegacyGenerator(seed: UInt32(seeds.randint(10_000)))
      let own = part == .dev ? split.dev[place] : nil
      let shown = generator.permutation(training.count).lazy.filter { $0 != own }.prefix(choice.count)
      return Demonstrations(shown.map { training[$0] })
    }
  }

  /// What examples are asked for.
  public enum Part: Sendable { case dev, evaluation }
}
