import Foundation
import TuningCore

/// What a recipe's run will take, found by putting its parts together and going through a step without arithmetic.
public struct RunSurvey: Sendable, Codable, Equatable {
  /// Of the model, and of them those that train.
  public var parameters: Int
  public var trainable: Int
  /// Of one batch of a step, over all its parts.
  public var cost: OptimizerCost
  /// Of a step on the longest examples.
  public var forecast: MemoryForecast
  /// Tokens that go through the model for one loss of an average batch.
  public var tokensPerBatch: Double
  /// Tokens of one look at the development set, and of one at the held-out examples.
  public var devTokens: Int
  public var testTokens: Int
  /// Whether more of the score on dev is better.
  public var higherIsBetter: Bool
  /// One line each, to be shown.
  public var warnings: [String]

  /// - Throws: what the model, the tokenizer, the data and the components find wrong.
  public init(_ recipe: ResolvedRecipe, components: Components) throws {
    let experiment = try Experiment(recipe, components: components), data = experiment.data
    let state = experiment.oracle.state.parameters
    parameters = state.count
    trainable = state.trainableCount
    cost = experiment.method.cost(of: state)
    forecast = try experiment.forecast()
    func tokens(_ requests: [ScoringRequest]) throws -> Int {
      try requests.reduce(0) { try $0 + PackedBatch([$1]).tokens.count }
    }
    tokensPerBatch =
      Double(try tokens(data.train)) / Double(max(1, data.train.count))
      * Double(min(recipe.batchSize, data.train.count))
    devTokens = try tokens(data.dev)
    testTokens = try tokens(data.test)
    higherIsBetter = experiment.higherIsBetter
    warnings = data.warnings
  }
}
