import Autodiff
import Bundles
import Datasets
import Foundation
import TensorCore
import Tokenizers
import Transformers
import TuningCore

/// A recipe's parts, put together: the model with its scheme attached, the optimizer, the examples.
///
/// This is the one place where models, schemes, optimizers and data meet.
public final class Experiment {
  public let recipe: ResolvedRecipe
  public let source: ModelSource
  let configuration: any ModelConfiguration
  let weightFiles: [URL]
  let attachment: Attachment
  public let data: ExampleSet
  /// Gives losses; holds the model and the state that moves.
  public let oracle: EagerOracle
  /// `oracle` with exact derivatives beside it.
  let exact: ExactOracle
  /// What the optimizers ask: `exact`, or the losses of texts that the model writes.
  let asked: any LossOracle
  let judgement: Judgement
  /// Lets the model answer in its own words; nil where candidates are ranked.
  let writer: CompletionWriter?
  var method: Method

  /// Loads and attaches everything.
  ///
  /// - Throws: what the model, the tokenizer, the data and the components find wrong.
  public init(_ recipe: ResolvedRecipe, components: Components) throws {
    self.recipe = recipe
    attachment = try Attachment(recipe, components: components)
    source = try ModelSource(recipe)
    let tokenizer = try source.tokenizer()
    var opened = try source.load()
    data = try ExampleSet(recipe, tokenizer: tokenizer, model: opened.model)
    try ModelSource.check(tokenizer, fits: opened.model)
    configuration = opened.configuration
    weightFiles = opened.source.files
    try attachment.attach(to: &opened.state, of: opened.model)
    try source.requireTrainedHead(of: opened, by: recipe.scheme)
    try data.check(fits: opened.model, in: opened.state)
    method = try Method(recipe, components: components, state: opened.state, model: opened.model)
    judgement = try Judgement(recipe, data: data)
    if !judgement.objective.isDifferentiable { try method.requireLossesAlone(objective: judgement.objective.name) }
    writer = try data.completions.map {
      try CompletionWriter($0, recipe, tokenizer: tokenizer, stopTokens: opened.stopTokens)
    }
    oracle = EagerOracle(
      model: opened.model, state: opened.state, objective: judgement.ofProbabilities, threads: recipe.threads)
    exact = ExactOracle(oracle, memory: recipe.gradientCheckpointing ? .checkpoints : .whole)
    if let writer, let scorer = judgement.objectiveScorer {
      asked = CompletionOracle(oracle, writer: writer, scorer: scorer)
    } else {
      asked = exact
    }
  }

  public var scheme: any TuningScheme { attachment.scheme }

  /// Goes back to the model as it came, with the scheme newly attached (or not at all).
  func reload(attached: Bool) throws {
    // What is held goes first, so that two models are never in memory at once.
    oracle.state = ModelState(parameters: ParameterSet())
    var state = try source.load().state
    if attached { try attachment.attach(to: &state, of: oracle.model) }
    oracle.state = state
  }
}
